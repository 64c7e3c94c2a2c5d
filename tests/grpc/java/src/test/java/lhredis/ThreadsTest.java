package lhredis;

import static io.grpc.Status.Code.*;
import static io.littlehorse.sdk.common.proto.LHStatus.*;
import static org.junit.jupiter.api.Assertions.*;

import io.littlehorse.sdk.common.LHLibUtil;
import io.littlehorse.sdk.common.proto.*;
import io.littlehorse.sdk.common.util.Arg;
import io.littlehorse.sdk.wfsdk.*;
import io.littlehorse.sdk.worker.LHTaskMethod;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.*;

/** Child threads, failures, interrupts, child WfRuns, and who stops, rescues and deletes them. */
class ThreadsTest {
    static final Stage stage = new Stage();

    static class Tasks {
        static volatile boolean broken = true;

        @LHTaskMethod("result")
        public String result() {
            return "result";
        }

        @LHTaskMethod("add-one")
        public int addOne(int number) {
            return number + 1;
        }

        @LHTaskMethod("break-once")
        public String breakOnce() {
            if (broken) throw new IllegalStateException("broken");
            return "mended";
        }
    }

    @BeforeAll
    static void hire() {
        stage.work(new Tasks());
        stage.events("child", "parent", "interrupt");
    }

    @AfterAll
    static void dismiss() {
        stage.close();
    }

    static List<LHStatus> statuses(WfRun run) {
        return run.getThreadRunsList().stream().map(ThreadRun::getStatus).toList();
    }

    @Test
    void aParentWaitsForItsChild() {
        stage.deploy("family", wf -> {
            WfRunVariable shared = wf.declareInt("shared");
            SpawnedThread child =
                    wf.spawnThread(c -> shared.assign(c.waitForEvent("child").jsonPath("$.result")), "child", null);
            shared.assign(wf.waitForEvent("parent").jsonPath("$.result"));
            wf.waitForThreads(SpawnedThreads.of(child));
        });
        WfRun run = stage.run("family");
        assertEquals(List.of(RUNNING, RUNNING), statuses(run));
        assertEquals(ThreadType.CHILD, run.getThreadRuns(1).getType());
        assertTrue(run.getThreadRuns(1).hasParentThreadId() && !run.getThreadRuns(0).hasParentThreadId());
        stage.post(run.getId(), "child", Map.of("result", 1234));
        assertEquals(1234, stage.variable(run.getId(), "shared").getInt());
        stage.post(run.getId(), "parent", Map.of("result", 4321));
        stage.until(run.getId(), COMPLETED);
        WaitForThreadsRun waited = stage.node(run.getId(), 0, 3).getWaitForThreads();
        assertEquals(1, waited.getThreadsCount());
        assertEquals(COMPLETED, waited.getThreads(0).getThreadStatus());

        WfRun wrong = stage.run("family");
        stage.post(wrong.getId(), "child", Map.of("result", "not-an-integer"));
        assertEquals(List.of(RUNNING, ERROR), statuses(stage.stub.getWfRun(wrong.getId())));
        assertEquals("VAR_SUB_ERROR", stage.failure(wrong.getId(), 1, 1).getFailureName());
        stage.post(wrong.getId(), "parent", Map.of("result", 1));
        stage.until(wrong.getId(), ERROR);
        assertEquals("CHILD_FAILURE", stage.failure(wrong.getId(), 0, 3).getFailureName());
    }

    @Test
    void theFailureOfAChildIsHandledWithItsContent() {
        stage.deploy("handled", wf -> {
            SpawnedThread child = wf.spawnThread(c -> c.fail(5, "my-exception", "message"), "child", null);
            NodeOutput waited = wf.waitForThreads(SpawnedThreads.of(child));
            wf.handleException(waited, "my-exception", handler -> {
                handler.execute("add-one", handler.declareInt(WorkflowThread.HANDLER_INPUT_VAR));
            });
        });
        WfRun run = stage.play(COMPLETED, "handled");
        assertEquals(List.of(COMPLETED, EXCEPTION, COMPLETED), statuses(run));
        assertEquals(ThreadType.FAILURE_HANDLER, run.getThreadRuns(2).getType());
        assertEquals(6, stage.output(run.getId(), 2, 1).getInt());
        NodeRun waited = stage.node(run.getId(), 0, 2);
        assertEquals(EXCEPTION, waited.getStatus());
        assertEquals(List.of(2), waited.getFailureHandlerIdsList());
        assertTrue(waited.getFailures(0).getWasProperlyHandled());
    }

    @Test
    void aChildForEachItemWithAHandlerForEachFailure() {
        stage.deploy("each", wf -> {
            SpawnedThreads children = wf.spawnThreadForEach(wf.declareJsonArr("items"), "item", child -> {
                child.execute("add-one", child.declareJsonObj(WorkflowThread.HANDLER_INPUT_VAR).jsonPath("$.x"));
            });
            wf.waitForThreads(children).handleAnyFailureOnChild(handler -> handler.execute("result"));
        });
        List<Object> items = List.of(Map.of("x", 1), Map.of("x", 2), Map.of("x", "a"));
        WfRun run = stage.play(COMPLETED, "each", Arg.of("items", items));
        assertEquals(List.of(COMPLETED, COMPLETED, COMPLETED, ERROR, COMPLETED), statuses(run));
        assertEquals(3, stage.output(run.getId(), 2, 1).getInt());
        WfRun tooMany = stage.run("each", Arg.of("items", Collections.nCopies(70, Map.of("x", 1))));
        assertEquals(List.of(ERROR), statuses(tooMany));
    }

    @Test
    void theFirstOrAnyChildDecides() {
        stage.deploy("first", wf -> wf.waitForFirstOf(twoChildren(wf)));
        stage.deploy("any", wf -> wf.waitForAnyOf(twoChildren(wf)));
        WfRun first = stage.run("first");
        stage.post(first.getId(), "parent", 1);
        WfRun ended = stage.until(first.getId(), EXCEPTION);
        assertEquals(List.of(EXCEPTION, HALTED, EXCEPTION), statuses(ended));
        assertTrue(ended.getThreadRuns(1).getHaltReasons(0).hasHaltedByParent());
        WfRun any = stage.run("any");
        stage.post(any.getId(), "parent", 1);
        stage.post(any.getId(), "child", 1);
        assertEquals(List.of(COMPLETED, COMPLETED, EXCEPTION), statuses(stage.until(any.getId(), COMPLETED)));
    }

    private static SpawnedThreads twoChildren(WorkflowThread wf) {
        SpawnedThread good = wf.spawnThread(child -> child.waitForEvent("child"), "good", null);
        SpawnedThread bad = wf.spawnThread(
                child -> {
                    child.waitForEvent("parent");
                    child.fail("business-exception", "no");
                },
                "bad",
                null);
        return SpawnedThreads.of(good, bad);
    }

    @Test
    void anInterruptHaltsAndLetsGoOn() {
        stage.deploy("interrupted", wf -> {
            wf.registerInterruptHandler("interrupt", handler -> handler.waitForEvent("child"));
            wf.waitForEvent("parent");
        });
        WfRunId id = stage.run("interrupted").getId();
        ExternalEvent interrupt = stage.post(id, "interrupt", "now");
        WfRun halted = stage.until(id, run -> run.getThreadRunsCount() == 2);
        assertEquals(RUNNING, halted.getStatus());
        assertEquals(List.of(HALTED, RUNNING), statuses(halted));
        assertEquals(HALTED, stage.node(id, 0, 1).getStatus());
        ThreadHaltReason why = halted.getThreadRuns(0).getHaltReasons(0);
        assertEquals(1, why.getInterrupted().getInterruptThreadId());
        assertEquals(ThreadType.INTERRUPT, halted.getThreadRuns(1).getType());
        assertEquals(interrupt.getId(), halted.getThreadRuns(1).getInterruptTriggerId());
        stage.post(id, "child", "on");
        assertEquals(RUNNING, stage.node(id, 0, 1).getStatus());
        stage.post(id, "parent", "end");
        stage.until(id, COMPLETED);
    }

    @Test
    void whatFailedIsRescuedAndWhatRunsIsStoppedAndDeleted() {
        stage.deploy("rescued", wf -> {
            wf.execute("break-once");
            wf.waitForEvent("parent");
        });
        Tasks.broken = true;
        WfRunId id = stage.play(ERROR, "rescued").getId();
        RescueThreadRunRequest rescue =
                RescueThreadRunRequest.newBuilder().setWfRunId(id).build();
        Tasks.broken = false;
        assertEquals(RUNNING, stage.stub.rescueThreadRun(rescue).getStatus());
        stage.until(id, run -> run.getThreadRuns(0).getCurrentNodePosition() == 3);
        assertEquals("mended", stage.output(id, 0, 2).getStr());
        Stage.refused(FAILED_PRECONDITION, () -> stage.stub.rescueThreadRun(rescue));
        StopWfRunRequest stop = StopWfRunRequest.newBuilder().setWfRunId(id).build();
        stage.stub.stopWfRun(stop);
        stage.stub.stopWfRun(stop);
        ThreadRun stopped = stage.until(id, HALTED).getThreadRuns(0);
        assertEquals(1, stopped.getHaltReasonsCount());
        assertTrue(stopped.getHaltReasons(0).hasManualHalt());
        Stage.refused(INVALID_ARGUMENT, () -> stage.stub.stopWfRun(
                stop.toBuilder().setThreadRunNumber(7).build()));
        stage.stub.resumeWfRun(ResumeWfRunRequest.newBuilder().setWfRunId(id).build());
        stage.until(id, RUNNING);
        DeleteWfRunRequest delete = DeleteWfRunRequest.newBuilder().setId(id).build();
        stage.stub.deleteWfRun(delete);
        stage.stub.deleteWfRun(delete);
        Stage.refused(NOT_FOUND, () -> stage.stub.getWfRun(id));
        Stage.refused(NOT_FOUND, () -> stage.node(id, 0, 0));
    }

    @Test
    void aWorkflowRunsAnother() {
        stage.deploy("below", wf -> wf.complete(wf.declareStr("in").required()));
        stage.deploy("above", wf -> {
            wf.declareStr("got").assign(wf.waitForChildWf(wf.runWf("below", Map.of("in", "hello"))));
        });
        WfRun run = stage.play(COMPLETED, "above");
        assertEquals("hello", stage.variable(run.getId(), "got").getStr());
        WfRunId child = stage.node(run.getId(), 0, 1).getRunChildWf().getChildWfRunId();
        assertEquals(run.getId(), child.getParentWfRunId());
        assertEquals(child, LHLibUtil.wfRunIdFromString(LHLibUtil.wfRunIdToString(child)));
        assertEquals(child, stage.stub.getWfRun(child).getId());
        Stage.refused(
                INVALID_ARGUMENT, () -> stage.deploy("lost", wf -> wf.runWf("nobody", Map.of())), "could not find WfSpec");
        Stage.refused(INVALID_ARGUMENT, () -> stage.deploy("bare", wf -> wf.runWf("below", Map.of())), "in");
    }

    @Test
    void aChildSharesTheVariablesOfItsParent() {
        stage.deploy("up", wf -> {
            wf.declareInt("shared").withDefault(1).asPublic();
            wf.waitForEvent("parent");
        });
        Workflow down = Workflow.newWorkflow("down", wf -> {
            WfRunVariable shared = wf.declareInt("shared").asInherited();
            shared.assign(shared.add(10));
        });
        down.setParent("up");
        stage.deploy(down);
        WfRun up = stage.run("up");
        Stage.refused(INVALID_ARGUMENT, () -> stage.run("down"));
        RunWfRequest below = RunWfRequest.newBuilder()
                .setWfSpecName("down")
                .setId("kid")
                .setParentWfRunId(up.getId())
                .build();
        assertEquals(COMPLETED, stage.stub.runWf(below).getStatus());
        assertEquals(11, stage.variable(up.getId(), "shared").getInt());
        Stage.refused(ALREADY_EXISTS, () -> stage.stub.runWf(below), "WfRun with id", "already exists!");
    }
}
