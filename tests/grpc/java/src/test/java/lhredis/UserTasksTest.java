package lhredis;

import static io.grpc.Status.Code.*;
import static io.littlehorse.sdk.common.proto.LHStatus.*;
import static org.junit.jupiter.api.Assertions.*;

import io.littlehorse.sdk.common.LHLibUtil;
import io.littlehorse.sdk.common.proto.*;
import io.littlehorse.sdk.usertask.UserTaskSchema;
import io.littlehorse.sdk.usertask.annotations.UserTaskField;
import io.littlehorse.sdk.wfsdk.UserTaskOutput;
import io.littlehorse.sdk.worker.LHTaskMethod;
import io.littlehorse.sdk.worker.WorkerContext;
import java.util.List;
import org.junit.jupiter.api.*;

/** Forms of annotated fields, and people who fill them in. */
class UserTasksTest {
    static final Stage stage = new Stage();

    static class Form {
        @UserTaskField(displayName = "A text", description = "of any length")
        public String text;

        @UserTaskField
        public Integer number;

        @UserTaskField(required = false)
        public Boolean maybe;
    }

    static class Tasks {
        @LHTaskMethod("remind")
        public String remind(WorkerContext context) {
            return context.getUserId() + " of " + context.getUserGroup();
        }
    }

    @BeforeAll
    static void register() {
        stage.work(new Tasks());
        UserTaskDef def = stage.stub.putUserTaskDef(new UserTaskSchema(new Form(), "form").compile());
        assertEquals("A text", def.getFields(0).getDisplayName());
        assertFalse(def.getFields(2).getRequired());
        assertEquals(0, stage.stub.putUserTaskDef(new UserTaskSchema(new Form(), "form").compile()).getVersion());
    }

    @AfterAll
    static void dismiss() {
        stage.close();
    }

    @Test
    void aFormIsSavedAndCompleted() {
        stage.deploy("fills", wf -> {
            UserTaskOutput form = wf.assignUserTask("form", "obiwan", "jedi").withNotes(wf.format("hi {0}", "you"));
            wf.declareJsonObj("results").assign(form);
        });
        WfRunId run = stage.run("fills").getId();
        UserTaskRun open = stage.userTask(run);
        UserTaskRunId id = open.getId();
        assertEquals(UserTaskRunStatus.ASSIGNED, open.getStatus());
        assertEquals("hi you", open.getNotes());
        assertEquals(id, stage.node(run, 0, 1).getUserTask().getUserTaskRunId());
        assertEquals("obiwan", open.getEvents(0).getAssigned().getNewUserId());
        assertFalse(open.getEvents(0).getAssigned().hasOldUserId());

        SaveUserTaskRunProgressRequest save = SaveUserTaskRunProgressRequest.newBuilder()
                .setUserTaskRunId(id)
                .setUserId("obiwan")
                .putResults("text", LHLibUtil.objToVarVal("hello"))
                .build();
        UserTaskRun saved = stage.stub.saveUserTaskRunProgress(save);
        assertEquals("hello", saved.getEvents(1).getSaved().getResultsOrThrow("text").getStr());
        Stage.refused(
                FAILED_PRECONDITION,
                () -> stage.stub.saveUserTaskRunProgress(save.toBuilder().setUserId("other").build()),
                "another user");

        CompleteUserTaskRunRequest complete = CompleteUserTaskRunRequest.newBuilder()
                .setUserTaskRunId(id)
                .setUserId("obiwan")
                .putResults("text", LHLibUtil.objToVarVal("kenobi"))
                .build();
        Stage.refused(INVALID_ARGUMENT, () -> stage.stub.completeUserTaskRun(complete), "number");
        stage.stub.completeUserTaskRun(complete.toBuilder()
                .putResults("number", LHLibUtil.objToVarVal(137))
                .build());
        stage.until(run, COMPLETED);
        assertEquals("{\"text\":\"kenobi\",\"number\":137}", stage.variable(run, "results").getJsonObj());
        SearchUserTaskRunRequest search = SearchUserTaskRunRequest.newBuilder()
                .setStatus(UserTaskRunStatus.DONE)
                .setUserId("obiwan")
                .build();
        assertEquals(List.of(id), stage.stub.searchUserTaskRun(search).getResultsList());
    }

    @Test
    void anAssignmentIsReplacedOnlyIfThatIsSaid() {
        stage.deploy("assigns", wf -> wf.assignUserTask("form", "me", null));
        UserTaskRunId id = stage.userTask(stage.run("assigns").getId()).getId();
        AssignUserTaskRunRequest.Builder assign =
                AssignUserTaskRunRequest.newBuilder().setUserTaskRunId(id).setUserGroup("us");
        Stage.refused(FAILED_PRECONDITION, () -> stage.stub.assignUserTaskRun(assign.build()));
        assign.setOverrideClaim(true);
        stage.stub.assignUserTaskRun(assign.build());
        UserTaskRun assigned = stage.stub.getUserTaskRun(id);
        assertEquals(UserTaskRunStatus.UNASSIGNED, assigned.getStatus());
        assertFalse(assigned.hasUserId());
        assertEquals("us", assigned.getUserGroup());
        Stage.refused(
                INVALID_ARGUMENT,
                () -> stage.stub.assignUserTaskRun(assign.setUserId("").build()),
                "UserId can't be empty");
    }

    @Test
    void aReminderIsSentAndTheTaskReleased() {
        stage.deploy("reminds", wf -> {
            UserTaskOutput form = wf.assignUserTask("form", "me", "us");
            wf.scheduleReminderTask(form, 0, "remind");
            wf.releaseToGroupOnDeadline(form, 1);
        });
        WfRunId run = stage.run("reminds").getId();
        UserTaskRun released =
                Stage.eventually(() -> stage.userTask(run), task -> task.getStatus() == UserTaskRunStatus.UNASSIGNED);
        assertFalse(released.hasUserId());
        assertEquals(3, released.getEventsCount());
        TaskRunId reminder = released.getEvents(1).getTaskExecuted().getTaskRun();
        TaskRun reminded = Stage.eventually(
                () -> stage.stub.getTaskRun(reminder), task -> task.getStatus() == TaskStatus.TASK_SUCCESS);
        assertEquals("me of us", reminded.getAttempts(0).getOutput().getStr());
        assertEquals("me", reminded.getSource().getUserTaskTrigger().getUserId());
    }

    @Test
    void aCancelledFormFailsUnlessThatIsHandled() {
        stage.deploy("cancels", wf -> wf.cancelUserTaskRunAfter(wf.assignUserTask("form", "me", null), 1));
        WfRun cancelled = stage.play(ERROR, "cancels");
        assertEquals("USER_TASK_CANCELLED", stage.failure(cancelled.getId(), 0, 1).getFailureName());
        stage.deploy("handles", wf -> {
            UserTaskOutput form = wf.assignUserTask("form", null, "us").withOnCancellationException("no-response");
            wf.handleException(form, "no-response", handler -> {});
        });
        WfRunId run = stage.run("handles").getId();
        UserTaskRunId id = stage.userTask(run).getId();
        stage.stub.cancelUserTaskRun(
                CancelUserTaskRunRequest.newBuilder().setUserTaskRunId(id).build());
        stage.until(run, COMPLETED);
        assertEquals(UserTaskRunStatus.CANCELLED, stage.stub.getUserTaskRun(id).getStatus());
    }
}
