package lhredis;

import static io.littlehorse.sdk.common.proto.LHStatus.*;
import static org.junit.jupiter.api.Assertions.*;

import io.littlehorse.sdk.common.LHLibUtil;
import io.littlehorse.sdk.common.exception.LHTaskException;
import io.littlehorse.sdk.common.proto.*;
import io.littlehorse.sdk.common.util.Arg;
import io.littlehorse.sdk.wfsdk.WfRunVariable;
import io.littlehorse.sdk.worker.LHTaskMethod;
import io.littlehorse.sdk.worker.LHTaskWorker;
import io.littlehorse.sdk.worker.LHType;
import io.littlehorse.sdk.worker.WorkerContext;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.*;

/** Task workers made of annotated methods. */
class WorkersTest {
    static final Stage stage = new Stage();

    static class Person {
        public String name;
        public int age;
    }

    static class Tasks {
        @LHTaskMethod("greet")
        public String greet(String name) {
            return "hello " + name;
        }

        @LHTaskMethod("take-all")
        public Map<String, Object> takeAll(
                int i, long l, double d, boolean b, byte[] raw, List<Object> arr, Date when, WfRunId run) {
            Map<String, Object> taken = new TreeMap<>(Map.of("i", i, "l", l, "d", d, "b", b, "raw", raw.length));
            taken.putAll(Map.of("arr", arr, "when", when.getTime(), "run", run.getId()));
            return taken;
        }

        @LHTaskMethod("older")
        public Person older(Person person) {
            person.age += 1;
            return person;
        }

        @LHTaskMethod("tell")
        public String tell(WorkerContext context) {
            context.log("told");
            String run = LHLibUtil.wfRunIdToString(context.getWfRunId());
            return String.join("|", run, "" + context.getNodeRunId().getPosition(), context.getIdempotencyKey());
        }

        @LHTaskMethod("burst")
        public String burst(WorkerContext context) {
            if (context.getAttemptNumber() < 2) throw new IllegalStateException("burst");
            return "held";
        }

        @LHTaskMethod("refuse")
        public String refuse(String reason) {
            throw new LHTaskException("not-today", "come back tomorrow", LHLibUtil.objToVarVal(reason));
        }

        @LHTaskMethod("need-int")
        public int needInt(int number) {
            return number;
        }

        @LHTaskMethod("say-nothing")
        public String sayNothing() {
            return null;
        }

        @LHTaskMethod("now")
        public Instant now() {
            return Instant.ofEpochMilli(1_700_000_000_123L);
        }

        @LHTaskMethod("unlock")
        @LHType(masked = true)
        public String unlock(@LHType(masked = true, name = "secret") String secret) {
            return "opened with " + secret;
        }

        @LHTaskMethod("two-steps")
        public String twoSteps(WorkerContext context) {
            int attempt = context.getAttemptNumber();
            String first = context.executeAndCheckpoint(checkpoint -> "first of " + attempt, String.class);
            if (attempt == 0) throw new IllegalStateException("between the checkpoints");
            String second = context.executeAndCheckpoint(checkpoint -> "second of " + attempt, String.class);
            return first + ", " + second;
        }

        @LHTaskMethod("say-too-much")
        public String sayTooMuch() {
            return "x".repeat(2 << 20);
        }
    }

    @BeforeAll
    static void hire() {
        stage.work(new Tasks());
    }

    @AfterAll
    static void dismiss() {
        stage.close();
    }

    @Test
    void aTaskGetsItsInputsAndGivesItsOutput() {
        stage.deploy("hello", wf -> {
            WfRunVariable said = wf.declareStr("said");
            said.assign(wf.execute("greet", wf.declareStr("name").required()));
            wf.complete(said);
        });
        WfRun run = stage.play(COMPLETED, "hello", Arg.of("name", "Obi-Wan"));
        assertEquals("hello Obi-Wan", stage.variable(run.getId(), "said").getStr());
        assertEquals("hello Obi-Wan", stage.output(run.getId(), 0, 1).getStr());
        assertEquals("hello Obi-Wan", run.getThreadRuns(0).getOutput().getStr());
        assertTrue(run.hasStartTime() && run.hasEndTime());
        TaskAttempt attempt = stage.task(run.getId(), 0, 1).getAttempts(0);
        assertEquals(Stage.WORKER, attempt.getTaskWorkerId());
        assertTrue(attempt.hasScheduleTime() && attempt.hasStartTime() && attempt.hasEndTime());
        assertFalse(attempt.hasError() || attempt.hasException());
    }

    @Test
    void everyTypeReachesTheWorker() {
        stage.deploy("types", wf -> {
            WfRunVariable run = wf.addVariable("run", VariableType.WF_RUN_ID);
            WfRunVariable raw = wf.declareBytes("raw");
            WfRunVariable when = wf.declareTimestamp("when");
            wf.execute("take-all", 7, wf.declareInt("l"), 1.5, true, raw, wf.declareJsonArr("arr"), when, run);
        });
        Arg[] inputs = {
            Arg.of("l", Long.MAX_VALUE),
            Arg.of("raw", new byte[] {1, 2, 3}),
            Arg.of("arr", List.of("x", 2)),
            Arg.of("when", new Date(1_700_000_000_123L)),
            Arg.of("run", LHLibUtil.wfRunIdFromString("some-run")),
        };
        WfRun run = stage.play(COMPLETED, "types", inputs);
        String taken = "{\"arr\":[\"x\",2],\"b\":true,\"d\":1.5,\"i\":7,\"l\":9223372036854775807,\"raw\":3,"
                + "\"run\":\"some-run\",\"when\":1700000000123}";
        assertEquals(taken, stage.output(run.getId(), 0, 1).getJsonObj());
    }

    @Test
    void objectsTravelAsJson() {
        stage.deploy("objects", wf -> {
            WfRunVariable person = wf.declareJsonObj("person");
            person.assign(wf.execute("older", person));
            wf.execute("greet", person.jsonPath("$.name"));
        });
        Person person = new Person();
        person.name = "Leia";
        person.age = 19;
        WfRun run = stage.play(COMPLETED, "objects", Arg.of("person", person));
        assertEquals("hello Leia", stage.output(run.getId(), 0, 2).getStr());
        Person older = (Person) LHLibUtil.varValToObj(stage.variable(run.getId(), "person"), Person.class);
        assertEquals(20, older.age);
    }

    @Test
    void aWorkerKnowsItsAttempt() {
        stage.deploy("tells", wf -> {
            wf.execute("tell");
            wf.execute("tell");
        });
        WfRun run = stage.play(COMPLETED, "tells");
        TaskRun second = stage.task(run.getId(), 0, 2);
        assertNotEquals(stage.task(run.getId(), 0, 1).getId(), second.getId());
        String told = run.getId().getId() + "|2|" + LHLibUtil.taskRunIdToString(second.getId());
        assertEquals(told, second.getAttempts(0).getOutput().getStr());
        assertTrue(second.getAttempts(0).getLogOutput().getStr().contains("told"));
        assertEquals(2, second.getSource().getTaskNode().getNodeRunId().getPosition());
    }

    @Test
    void whatFailsIsTriedAgain() {
        stage.deploy("bursts", wf -> wf.execute("burst").withRetries(2));
        TaskRun held = stage.task(stage.play(COMPLETED, "bursts").getId(), 0, 1);
        assertEquals(3, held.getAttemptsCount());
        assertEquals(TaskStatus.TASK_FAILED, held.getAttempts(0).getStatus());
        assertEquals(LHErrorType.TASK_FAILURE, held.getAttempts(0).getError().getType());
        stage.deploy("bursts-for-good", wf -> wf.execute("burst").withRetries(1));
        Failure failure = stage.failure(stage.play(ERROR, "bursts-for-good").getId(), 0, 1);
        assertEquals("TASK_FAILURE", failure.getFailureName());
        assertFalse(failure.hasContent() || failure.hasFailureHandlerThreadrunId());
    }

    @Test
    void aBusinessExceptionHasNameAndContent() {
        stage.deploy("refuses", wf -> wf.execute("refuse", "rain").withRetries(3));
        WfRun run = stage.play(EXCEPTION, "refuses");
        TaskRun task = stage.task(run.getId(), 0, 1);
        assertEquals(TaskStatus.TASK_EXCEPTION, task.getStatus());
        assertEquals(1, task.getAttemptsCount());
        assertEquals("rain", task.getAttempts(0).getException().getContent().getStr());
        Failure failure = stage.failure(run.getId(), 0, 1);
        assertEquals("not-today", failure.getFailureName());
        assertTrue(failure.getMessage().contains("come back tomorrow"));
        assertEquals("rain", failure.getContent().getStr());
    }

    @Test
    void whatDoesNotFitAParameterIsAnErrorOfTheInput() {
        stage.deploy("need", wf -> wf.execute("need-int", wf.declareJsonObj("json").jsonPath("$.int")));
        Map<String, Object> none = new HashMap<>(Collections.singletonMap("int", null));
        TaskRun task = stage.task(stage.play(ERROR, "need", Arg.of("json", none)).getId(), 0, 1);
        assertEquals(TaskStatus.TASK_INPUT_VAR_SUB_ERROR, task.getStatus());
        assertTrue(task.getAttempts(0).hasError());
        WfRun floating = stage.run("need", Arg.of("json", Map.of("int", 12.3)));
        assertEquals("VAR_SUB_ERROR", stage.failure(floating.getId(), 0, 1).getFailureName());
        assertTrue(stage.failure(floating.getId(), 0, 1).getMessage().contains("DOUBLE"));
    }

    @Test
    void nullAndTimestampsComeBack() {
        stage.deploy("values", wf -> {
            wf.declareStr("said").withDefault("before").assign(wf.execute("say-nothing"));
            wf.declareTimestamp("when").assign(wf.execute("now"));
        });
        WfRun run = stage.play(COMPLETED, "values");
        assertTrue(stage.task(run.getId(), 0, 1).getAttempts(0).hasOutput());
        VariableValue said = stage.variable(run.getId(), "said");
        assertEquals(VariableValue.ValueCase.VALUE_NOT_SET, said.getValueCase());
        VariableValue when = stage.variable(run.getId(), "when");
        assertEquals(new Date(1_700_000_000_123L), LHLibUtil.fromProtoTs(when.getUtcTimestamp()));
    }

    @Test
    void masksHideFromPeopleAlone() {
        WfSpec spec = stage.deploy("masks", wf -> {
            wf.execute("greet", wf.execute("unlock", wf.declareStr("code").masked()));
        });
        assertTrue(spec.getThreadSpecsOrThrow("entrypoint").getVariableDefs(0).getVarDef().getTypeDef().getMasked());
        WfRun run = stage.play(COMPLETED, "masks", Arg.of("code", "1234"));
        TaskRun unlocked = stage.task(run.getId(), 0, 1);
        assertEquals("*****", unlocked.getInputVariables(0).getValue().getStr());
        assertEquals("*****", unlocked.getAttempts(0).getOutput().getStr());
        assertEquals("*****", stage.variable(run.getId(), "code").getStr());
        assertEquals("hello opened with 1234", stage.output(run.getId(), 0, 2).getStr());
    }

    @Test
    void aRetryFindsTheCheckpointsOfTheAttemptBefore() {
        stage.deploy("steps", wf -> wf.complete(wf.execute("two-steps").withRetries(1)));
        WfRun run = stage.play(COMPLETED, "steps");
        assertEquals("first of 0, second of 1", run.getThreadRuns(0).getOutput().getStr());
        TaskRun task = stage.task(run.getId(), 0, 1);
        assertEquals(2, task.getTotalCheckpoints());
        CheckpointId second = CheckpointId.newBuilder().setTaskRun(task.getId()).setCheckpointNumber(1).build();
        assertEquals("second of 1", stage.stub.getCheckpoint(second).getValue().getStr());
    }

    @Test
    void anOutputThatIsTooLargeIsNotKept() {
        stage.deploy("too-much", wf -> wf.execute("say-too-much").withRetries(2));
        TaskRun task = stage.task(stage.play(ERROR, "too-much").getId(), 0, 1);
        assertEquals(1, task.getAttemptsCount());
        assertEquals(TaskStatus.TASK_OUTPUT_SERDE_ERROR, task.getStatus());
        assertFalse(task.getAttempts(0).hasOutput());
        assertTrue(task.getAttempts(0).getError().getMessage().contains("RESOURCE_EXHAUSTED"));
    }

    @Test
    void aTaskMayBeNamedByVariables() {
        stage.deploy("named", wf -> wf.execute(wf.format("{0}-{1}", wf.declareStr("verb"), "nothing")));
        stage.play(COMPLETED, "named", Arg.of("verb", "say"));
        WfRun lost = stage.run("named", Arg.of("verb", "do"));
        assertEquals(ERROR, lost.getStatus());
        assertEquals("VAR_SUB_ERROR", stage.failure(lost.getId(), 0, 1).getFailureName());
        assertTrue(stage.failure(lost.getId(), 0, 1).getMessage().contains("do-nothing"));
    }

    @Test
    void workersAreHealthyAndKnown() {
        for (LHTaskWorker worker : stage.workers()) {
            TaskWorkerGroup group = Stage.eventually(
                    () -> stage.stub.getTaskWorkerGroup(LHLibUtil.taskDefId(worker.getTaskDefName())),
                    found -> found.getTaskWorkersCount() > 0);
            assertEquals(Set.of(Stage.WORKER), group.getTaskWorkersMap().keySet());
            assertTrue(worker.healthStatus().isHealthy());
        }
    }

    @Test
    void manyRunsAtOnce() {
        stage.deploy("many", wf -> wf.complete(wf.execute("greet", wf.execute("greet", wf.declareStr("name")))));
        List<WfRunId> runs = new ArrayList<>();
        for (int i = 0; i < 100; i++) runs.add(stage.run("many", Arg.of("name", "n" + i)).getId());
        for (int i = 0; i < 100; i++) {
            WfRun run = stage.until(runs.get(i), COMPLETED);
            assertEquals("hello hello n" + i, run.getThreadRuns(0).getOutput().getStr());
        }
    }
}
