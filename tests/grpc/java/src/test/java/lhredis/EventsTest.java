package lhredis;

import static io.grpc.Status.Code.*;
import static io.littlehorse.sdk.common.proto.LHStatus.*;
import static org.junit.jupiter.api.Assertions.*;

import io.littlehorse.sdk.common.LHLibUtil;
import io.littlehorse.sdk.common.proto.*;
import io.littlehorse.sdk.common.util.Arg;
import io.littlehorse.sdk.wfsdk.*;
import java.util.Date;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.*;

/** What comes from outside, what goes there, and time. */
class EventsTest {
    static final Stage stage = new Stage();

    @BeforeAll
    static void register() {
        stage.events("e", "other");
    }

    @Test
    void theEventThatWasPostedFirstIsTaken() {
        stage.deploy("takes", wf -> wf.declareStr("x").assign(wf.waitForEvent("e")));
        WfRunId id = LHLibUtil.wfRunIdFromString("early");
        PutExternalEventRequest.Builder put = PutExternalEventRequest.newBuilder()
                .setWfRunId(id)
                .setExternalEventDefId(LHLibUtil.externalEventDefId("e"));
        ExternalEvent first = stage.stub.putExternalEvent(
                put.setGuid("z").setContent(LHLibUtil.objToVarVal("first")).build());
        ExternalEvent second = stage.stub.putExternalEvent(
                put.setGuid("a").setContent(LHLibUtil.objToVarVal("second")).build());
        Stage.refused(ALREADY_EXISTS, () -> stage.stub.putExternalEvent(put.build()));
        stage.post(id, "other", 1);
        stage.stub.runWf(
                RunWfRequest.newBuilder().setWfSpecName("takes").setId("early").build());
        assertEquals("first", stage.variable(id, "x").getStr());
        assertTrue(stage.stub.getExternalEvent(first.getId()).getClaimed());
        assertFalse(stage.stub.getExternalEvent(second.getId()).getClaimed());
        ExternalEventNodeRun node = stage.node(id, 0, 1).getExternalEvent();
        assertEquals(first.getId(), node.getExternalEventId());
        assertTrue(node.hasEventTime());
        Stage.refused(INVALID_ARGUMENT, () -> stage.post(id, "nobody-knows", 1), "nobody-knows");
    }

    @Test
    void anEventMayComeTooLate() {
        stage.deploy("late", wf -> wf.waitForEvent("e").timeout(1));
        Failure failure = stage.failure(stage.play(ERROR, "late").getId(), 0, 1);
        assertEquals("TIMEOUT", failure.getFailureName());
        assertTrue(failure.getMessage().contains("arrive in time"), failure.getMessage());
    }

    @Test
    void aWorkflowRegistersTheTypesOfItsEvents() {
        stage.deploy("typed", wf -> {
            wf.declareInt("x").assign(wf.waitForEvent("number").registeredAs(Integer.class));
        });
        ExternalEventDef def = stage.stub.getExternalEventDef(LHLibUtil.externalEventDefId("number"));
        assertEquals(
                VariableType.INT, def.getTypeInformation().getReturnType().getPrimitiveType());
        WfRunId id = stage.run("typed").getId();
        Stage.refused(INVALID_ARGUMENT, () -> stage.post(id, "number", "text"), "number", "invalid type");
        stage.post(id, "number", 12345);
        stage.until(id, COMPLETED);
        assertEquals(12345, stage.variable(id, "x").getInt());
    }

    @Test
    void aCorrelatedEventFindsWhoWaitsAndWhoComesLater() {
        stage.deploy("correlated", wf -> {
            CorrelatedEventConfig kept = CorrelatedEventConfig.getDefaultInstance();
            ExternalEventNodeOutput event = wf.waitForEvent("document").registeredAs(Integer.class);
            event.withCorrelationId(wf.declareStr("key")).withCorrelatedEventConfig(kept);
            wf.declareInt("x").assign(event);
        });
        WfRunId waiting = stage.run("correlated", Arg.of("key", "k1")).getId();
        PutCorrelatedEventRequest put = PutCorrelatedEventRequest.newBuilder()
                .setKey("k1")
                .setExternalEventDefId(LHLibUtil.externalEventDefId("document"))
                .setContent(LHLibUtil.objToVarVal(137))
                .build();
        CorrelatedEventId id = stage.stub.putCorrelatedEvent(put).getId();
        Stage.refused(ALREADY_EXISTS, () -> stage.stub.putCorrelatedEvent(put));
        stage.until(waiting, COMPLETED);
        WfRun later = stage.play(COMPLETED, "correlated", Arg.of("key", "k1"));
        assertEquals(137, stage.variable(later.getId(), "x").getInt());
        Stage.eventually(() -> stage.stub.getCorrelatedEvent(id), event -> event.getExternalEventsCount() == 2);
        stage.stub.deleteCorrelatedEvent(
                DeleteCorrelatedEventRequest.newBuilder().setId(id).build());
        Stage.refused(NOT_FOUND, () -> stage.stub.getCorrelatedEvent(id));
    }

    @Test
    void aClientAwaitsWhatAWorkflowThrows() {
        stage.deploy("throws", wf -> {
            wf.sleepSeconds(1);
            wf.throwEvent("user-created", "hello there").registeredAs(String.class);
        });
        WfRunId id = stage.run("throws").getId();
        AwaitWorkflowEventRequest.Builder request = AwaitWorkflowEventRequest.newBuilder()
                .setWfRunId(id)
                .addEventDefIds(WorkflowEventDefId.newBuilder().setName("user-created"));
        WorkflowEvent thrown =
                stage.stub.withDeadlineAfter(20, TimeUnit.SECONDS).awaitWorkflowEvent(request.build());
        assertEquals("hello there", thrown.getContent().getStr());
        assertEquals(thrown, stage.stub.getWorkflowEvent(thrown.getId()));
        request.addWorkflowEventsToIgnore(thrown.getId());
        Stage.refused(DEADLINE_EXCEEDED, () -> stage.stub
                .withDeadlineAfter(300, TimeUnit.MILLISECONDS)
                .awaitWorkflowEvent(request.build()));
    }

    @Test
    void aRunSleepsUntilItsTime() {
        stage.deploy("sleeps", wf -> wf.sleepUntil(wf.declareTimestamp("at")));
        Date at = new Date(System.currentTimeMillis() + 1000);
        WfRunId id = stage.run("sleeps", Arg.of("at", at)).getId();
        assertEquals(at, LHLibUtil.fromProtoTs(stage.node(id, 0, 1).getSleep().getMaturationTime()));
        assertFalse(
                LHLibUtil.fromProtoTs(stage.until(id, COMPLETED).getEndTime()).before(at));
    }

    @Test
    void aRunWaitsForItsCondition() {
        stage.deploy("counts", wf -> {
            WfRunVariable counter = wf.declareInt("counter").withDefault(2);
            wf.registerInterruptHandler("other", handler -> counter.assign(counter.subtract(1)));
            wf.waitForCondition(counter.isEqualTo(0));
        });
        WfRunId id = stage.run("counts").getId();
        stage.post(id, "other", 1);
        assertEquals(RUNNING, stage.stub.getWfRun(id).getStatus());
        stage.post(id, "other", 1);
        stage.until(id, COMPLETED);
    }
}
