package lhredis;

import static io.grpc.Status.Code.*;
import static io.littlehorse.sdk.common.proto.LHStatus.*;
import static org.junit.jupiter.api.Assertions.*;

import io.littlehorse.sdk.common.LHLibUtil;
import io.littlehorse.sdk.common.proto.*;
import io.littlehorse.sdk.common.proto.StructDef;
import io.littlehorse.sdk.common.util.Arg;
import io.littlehorse.sdk.wfsdk.WfRunVariable;
import io.littlehorse.sdk.worker.*;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.*;

/** Structs of annotated classes, native arrays and maps, casts and expressions. */
class DataTest {
    static final Stage stage = new Stage();

    @LHStructDef("engine")
    public static class Engine {
        private String secret;

        @LHStructField(masked = true)
        public String getSecret() {
            return secret;
        }

        public void setSecret(String secret) {
            this.secret = secret;
        }
    }

    @LHStructDef(value = "car", description = "has wheels")
    public static class Car {
        private String model;
        private int mileage;
        private Engine engine;
        private String[] drivers;

        public String getModel() {
            return model;
        }

        public void setModel(String model) {
            this.model = model;
        }

        public int getMileage() {
            return mileage;
        }

        public void setMileage(int mileage) {
            this.mileage = mileage;
        }

        public Engine getEngine() {
            return engine;
        }

        public void setEngine(Engine engine) {
            this.engine = engine;
        }

        public String[] getDrivers() {
            return drivers;
        }

        public void setDrivers(String[] drivers) {
            this.drivers = drivers;
        }
    }

    static class Tasks {
        @LHTaskMethod("drive")
        public Car drive(Car car) {
            car.setMileage(car.getMileage() + 1);
            return car;
        }

        @LHTaskMethod("tell-secret")
        public String tellSecret(Car car) {
            return car.getEngine().getSecret();
        }

        @LHTaskMethod("say")
        public String say(String word) {
            return "said " + word;
        }

        @LHTaskMethod("echo")
        public long echo(long number) {
            return number;
        }

        @LHTaskMethod("halve")
        public double halve(double number) {
            return number / 2;
        }

        @LHTaskMethod("numbers")
        @LHType(isLHArray = true)
        public Long[] numbers() {
            return new Long[] {1L, 2L, 3L};
        }

        @LHTaskMethod("sum")
        public long sum(@LHType(isLHArray = true) Long[] numbers) {
            return Stream.of(numbers).mapToLong(Long::longValue).sum();
        }

        @LHTaskMethod("places")
        @LHType(isLHMap = true)
        public Map<String, Long> places() {
            return new TreeMap<>(Map.of("a", 1L, "b", 2L));
        }
    }

    @BeforeAll
    static void hire() {
        LHTaskWorker drive = new LHTaskWorker(new Tasks(), "drive", stage.config);
        drive.registerStructDef(Engine.class, StructDefCompatibilityType.NO_SCHEMA_UPDATES);
        drive.registerStructDef(Car.class, StructDefCompatibilityType.NO_SCHEMA_UPDATES);
        drive.validateStructDef(Car.class, StructDefCompatibilityType.NO_SCHEMA_UPDATES);
        stage.work(new Tasks());
    }

    @AfterAll
    static void dismiss() {
        stage.close();
    }

    @Test
    void structsTravelToWorkersAndBack() {
        stage.deploy("drives", wf -> {
            WfRunVariable car = wf.declareStruct("car", Car.class);
            car.assign(wf.execute("drive", car));
            wf.execute("tell-secret", car);
            wf.execute("say", car.get("drivers").get(1));
        });
        Car car = new Car();
        car.setModel("Bronco");
        car.setMileage(123);
        car.setDrivers(new String[] {"Han", "Leia"});
        car.setEngine(new Engine());
        car.getEngine().setSecret("no oil");
        WfRunId id = stage.play(COMPLETED, "drives", Arg.of("car", car)).getId();
        Car driven = (Car) LHLibUtil.varValToObj(stage.variable(id, "car"), Car.class);
        assertEquals("Bronco", driven.getModel());
        assertEquals(124, driven.getMileage());
        assertEquals("*****", driven.getEngine().getSecret());
        assertEquals("no oil", stage.output(id, 0, 2).getStr());
        assertEquals("said Leia", stage.output(id, 0, 3).getStr());
    }

    @Test
    void structsAreBuiltInTheWorkflow() {
        stage.deploy("builds", wf -> {
            WfRunVariable car = wf.declareStruct("car", "car");
            WfRunVariable drivers = wf.declareArray("drivers", String.class);
            car.assign(wf.buildStruct("car")
                    .put("model", wf.declareStr("model"))
                    .put("mileage", wf.execute("echo", 42))
                    .put("drivers", drivers)
                    .put("engine", wf.buildInlineStruct().put("secret", "new")));
            wf.execute("tell-secret", car);
        });
        VariableValue none = VariableValue.newBuilder().setArray(Array.getDefaultInstance()).build();
        RunWfRequest request = RunWfRequest.newBuilder()
                .setWfSpecName("builds")
                .putVariables("model", LHLibUtil.objToVarVal("VW"))
                .putVariables("drivers", none)
                .build();
        WfRunId id = stage.until(stage.stub.runWf(request).getId(), COMPLETED).getId();
        assertEquals("new", stage.output(id, 0, 2).getStr());
        assertEquals(42, ((Car) LHLibUtil.varValToObj(stage.variable(id, "car"), Car.class)).getMileage());
    }

    @Test
    void aStructDefKeepsItsSchema() {
        StructDefId id = StructDefId.newBuilder().setName("car").build();
        StructDef car = stage.stub.getStructDef(id);
        assertEquals("has wheels", car.getDescription());
        StructFieldDef year = StructFieldDef.newBuilder()
                .setFieldType(TypeDefinition.newBuilder().setPrimitiveType(VariableType.INT))
                .build();
        InlineStructDef more = car.getStructDef().toBuilder().putFields("year", year).build();
        PutStructDefRequest put =
                PutStructDefRequest.newBuilder().setName("car").setStructDef(more).build();
        Stage.refused(INVALID_ARGUMENT, () -> stage.stub.putStructDef(put), "year");
    }

    @Test
    void arraysAndMapsAreReadAndChanged() {
        stage.deploy("collects", wf -> {
            WfRunVariable numbers = wf.declareArray("numbers", Long.class);
            numbers.assign(wf.execute("numbers"));
            wf.declareBool("has").assign(numbers.doesContain(2L));
            numbers.assign(numbers.extend(4L));
            wf.execute("sum", numbers);
            wf.execute("echo", numbers.get(1));
            wf.execute("echo", numbers.size());
            numbers.assign(numbers.removeIndex(1));
            WfRunVariable places = wf.declareMap("places", String.class, Long.class);
            places.assign(wf.execute("places"));
            wf.execute("echo", places.get("b"));
            places.assign(places.removeKey("a"));
        });
        WfRunId id = stage.play(COMPLETED, "collects").getId();
        assertTrue(stage.variable(id, "has").getBool());
        assertEquals(10, stage.output(id, 0, 2).getInt());
        assertEquals(2, stage.output(id, 0, 3).getInt());
        assertEquals(4, stage.output(id, 0, 4).getInt());
        assertEquals(2, stage.output(id, 0, 6).getInt());
        Array left = stage.variable(id, "numbers").getArray();
        assertEquals(List.of(1L, 3L, 4L), left.getItemsList().stream().map(VariableValue::getInt).toList());
        assertEquals(VariableType.INT, left.getElementType().getPrimitiveType());
        assertEquals(1, stage.variable(id, "places").getMap().getEntriesCount());
    }

    @Test
    void valuesAreCastWhereThatIsSaid() {
        stage.deploy("casts", wf -> {
            wf.execute("say", wf.declareInt("whole"));
            wf.execute("halve", wf.declareInt("seven").withDefault(7));
            wf.execute("echo", wf.declareStr("text").castToInt());
            wf.execute("echo", wf.declareDouble("broken").castToInt());
        });
        WfRunId id = stage.play(
                        COMPLETED, "casts", Arg.of("whole", 42), Arg.of("text", "123"), Arg.of("broken", 4.9))
                .getId();
        assertEquals("said 42", stage.output(id, 0, 1).getStr());
        assertEquals(3.5, stage.output(id, 0, 2).getDouble());
        assertEquals(123, stage.output(id, 0, 3).getInt());
        assertEquals(4, stage.output(id, 0, 4).getInt());
        Stage.refused(
                INVALID_ARGUMENT,
                () -> stage.deploy("unsaid", wf -> wf.execute("echo", wf.declareStr("text"))),
                "without explicit casting");
        Stage.refused(
                INVALID_ARGUMENT,
                () -> stage.deploy("wild", wf -> wf.declareBool("b").assign(wf.declareDouble("d").castToBool())),
                "Cannot cast from DOUBLE to BOOL",
                "not supported");
    }

    @Test
    void expressionsDecideAndChange() {
        stage.deploy("thinks", wf -> {
            WfRunVariable json = wf.declareJsonObj("json");
            WfRunVariable number = wf.declareInt("number").withDefault(2);
            json.jsonPath("$.foo").assign("bar");
            number.assign(number.pow(10).add(1).subtract(5));
            wf.doWhile(number.isGreaterThan(100), body -> number.assign(number.divide(2)));
            wf.doIf(number.isGreaterThan(1).and(json.doesContain("foo")), body -> number.assign(number.add(1000)))
                    .doElse(body -> number.assign(0));
        });
        WfRun run = stage.run("thinks", Arg.of("json", Map.of("a", List.of(1))));
        assertEquals(COMPLETED, run.getStatus());
        assertEquals(1063, stage.variable(run.getId(), "number").getInt());
        assertEquals("{\"a\":[1],\"foo\":\"bar\"}", stage.variable(run.getId(), "json").getJsonObj());
        stage.deploy("divides", wf -> {
            wf.declareInt("kept").withDefault(1).assign(5);
            wf.declareInt("broken").assign(wf.declareInt("nine").withDefault(9).divide(0));
        });
        WfRun broken = stage.run("divides");
        assertEquals(ERROR, broken.getStatus());
        assertEquals(1, stage.variable(broken.getId(), "kept").getInt());
        assertTrue(stage.failure(broken.getId(), 0, 0).getMessage().contains("Cannot divide by zero"));
    }
}
