package lhredis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.littlehorse.sdk.common.LHLibUtil;
import io.littlehorse.sdk.common.config.LHConfig;
import io.littlehorse.sdk.common.proto.*;
import io.littlehorse.sdk.common.util.Arg;
import io.littlehorse.sdk.wfsdk.ThreadFunc;
import io.littlehorse.sdk.wfsdk.Workflow;
import io.littlehorse.sdk.worker.LHTaskMethod;
import io.littlehorse.sdk.worker.LHTaskWorker;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.junit.jupiter.api.function.Executable;

/** One tenant of a running lhredis as a Java application sees it: through LittleHorse's client alone. */
final class Stage implements AutoCloseable {
    static final String WORKER = "java-worker";
    private static final long WAIT_MS = 20_000;
    private static final long POLL_MS = 20;

    final LHConfig config;
    final LittleHorseGrpc.LittleHorseBlockingStub stub;
    private final List<LHTaskWorker> workers = new ArrayList<>();

    /** In a new tenant of the server that LHC_API_HOST and LHC_API_PORT tell. */
    Stage() {
        Map<String, String> own =
                Map.of(LHConfig.TENANT_ID_KEY, "java-" + UUID.randomUUID(), LHConfig.TASK_WORKER_ID_KEY, WORKER);
        config = LHConfig.newBuilder().loadFromEnvVariables().loadFromMap(own).build();
        stub = config.getBlockingStub();
    }

    /** Register the TaskDefs of all methods of this with @LHTaskMethod, and start a worker for each. */
    void work(Object executable) {
        for (Method method : executable.getClass().getDeclaredMethods()) {
            LHTaskMethod task = method.getAnnotation(LHTaskMethod.class);
            if (task == null) continue;
            LHTaskWorker worker = new LHTaskWorker(executable, task.value(), config);
            worker.registerTaskDef();
            worker.start();
            workers.add(worker);
        }
    }

    List<LHTaskWorker> workers() {
        return workers;
    }

    /** Register ExternalEventDefs without a content type. */
    void events(String... names) {
        for (String name : names) {
            stub.putExternalEventDef(
                    PutExternalEventDefRequest.newBuilder().setName(name).build());
        }
    }

    WfSpec deploy(String name, ThreadFunc thread) {
        return deploy(Workflow.newWorkflow(name, thread));
    }

    WfSpec deploy(Workflow workflow) {
        workflow.registerWfSpec(stub);
        return stub.getLatestWfSpec(
                GetLatestWfSpecRequest.newBuilder().setName(workflow.getName()).build());
    }

    /** Start a run: as it is right after the call. */
    WfRun run(String name, Arg... inputs) {
        RunWfRequest.Builder request = RunWfRequest.newBuilder().setWfSpecName(name);
        for (Arg input : inputs) request.putVariables(input.name, LHLibUtil.objToVarVal(input.value));
        return stub.runWf(request.build());
    }

    /** Start a run: as it is once it has this status. */
    WfRun play(LHStatus status, String name, Arg... inputs) {
        return until(run(name, inputs).getId(), status);
    }

    WfRun until(WfRunId id, LHStatus status) {
        return until(id, run -> run.getStatus() == status);
    }

    WfRun until(WfRunId id, Predicate<WfRun> holds) {
        return eventually(() -> stub.getWfRun(id), holds);
    }

    /** What this gives, once it is so. */
    static <T> T eventually(Supplier<T> look, Predicate<T> holds) {
        long deadline = System.currentTimeMillis() + WAIT_MS;
        T seen = look.get();
        while (!holds.test(seen)) {
            if (System.currentTimeMillis() > deadline) return fail("not after " + WAIT_MS + " ms; last seen: " + seen);
            try {
                Thread.sleep(POLL_MS);
            } catch (InterruptedException interrupted) {
                return fail(interrupted);
            }
            seen = look.get();
        }
        return seen;
    }

    ExternalEvent post(WfRunId id, String event, Object content) {
        return stub.putExternalEvent(PutExternalEventRequest.newBuilder()
                .setWfRunId(id)
                .setExternalEventDefId(LHLibUtil.externalEventDefId(event))
                .setContent(LHLibUtil.objToVarVal(content))
                .build());
    }

    NodeRun node(WfRunId id, int thread, int position) {
        return stub.getNodeRun(NodeRunId.newBuilder()
                .setWfRunId(id)
                .setThreadRunNumber(thread)
                .setPosition(position)
                .build());
    }

    /** The only failure of the NodeRun at this place. */
    Failure failure(WfRunId id, int thread, int position) {
        NodeRun node = node(id, thread, position);
        assertEquals(1, node.getFailuresCount(), node.toString());
        return node.getFailures(0);
    }

    TaskRun task(WfRunId id, int thread, int position) {
        return stub.getTaskRun(node(id, thread, position).getTask().getTaskRunId());
    }

    /** What the task at this place returned. */
    VariableValue output(WfRunId id, int thread, int position) {
        TaskRun task = task(id, thread, position);
        assertEquals(TaskStatus.TASK_SUCCESS, task.getStatus(), task.toString());
        return task.getAttempts(task.getAttemptsCount() - 1).getOutput();
    }

    /** A variable of thread 0. */
    VariableValue variable(WfRunId id, String name) {
        VariableId variable =
                VariableId.newBuilder().setWfRunId(id).setName(name).build();
        return stub.getVariable(variable).getValue();
    }

    /** The only UserTaskRun of a run. */
    UserTaskRun userTask(WfRunId id) {
        UserTaskRunList found = stub.listUserTaskRuns(
                ListUserTaskRunRequest.newBuilder().setWfRunId(id).build());
        assertEquals(1, found.getResultsCount());
        return found.getResults(0);
    }

    /** The call is refused with this code, and a text that has these words. */
    static void refused(Status.Code code, Executable call, String... words) {
        StatusRuntimeException refusal = assertThrows(StatusRuntimeException.class, call);
        assertEquals(code, refusal.getStatus().getCode(), refusal.toString());
        String text = refusal.getStatus().getDescription();
        for (String word : words) assertTrue(text.contains(word), () -> "no '" + word + "' in: " + text);
    }

    @Override
    public void close() {
        for (LHTaskWorker worker : workers) worker.close();
    }
}
