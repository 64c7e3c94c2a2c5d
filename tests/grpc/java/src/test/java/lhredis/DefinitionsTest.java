package lhredis;

import static io.grpc.Status.Code.*;
import static io.littlehorse.sdk.common.proto.LHStatus.*;
import static org.junit.jupiter.api.Assertions.*;

import com.google.protobuf.Empty;
import io.littlehorse.sdk.common.LHLibUtil;
import io.littlehorse.sdk.common.proto.*;
import io.littlehorse.sdk.common.util.Arg;
import io.littlehorse.sdk.wfsdk.Workflow;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.*;

/** TaskDefs and WfSpecs, and what is found of them and of their runs. */
class DefinitionsTest {
    static final Stage stage = new Stage();

    static TaskDef putTaskDef(String name, VariableType input) {
        VariableDef variable = VariableDef.newBuilder()
                .setName("input")
                .setTypeDef(TypeDefinition.newBuilder().setPrimitiveType(input))
                .build();
        return stage.stub.putTaskDef(
                PutTaskDefRequest.newBuilder().setName(name).addInputVars(variable).build());
    }

    @Test
    void theServerTellsWhatItIs() {
        assertEquals(1, stage.stub.getServerVersion(Empty.getDefaultInstance()).getMajorVersion());
        assertEquals("anonymous", stage.stub.whoami(Empty.getDefaultInstance()).getId().getId());
    }

    @Test
    void aTaskDefDoesNotChange() {
        TaskDef def = putTaskDef("fixed", VariableType.STR);
        assertTrue(def.hasCreatedAt() && !def.hasReturnType());
        assertEquals(def, putTaskDef("fixed", VariableType.STR));
        assertEquals(def, stage.stub.getTaskDef(def.getId()));
        Stage.refused(
                ALREADY_EXISTS,
                () -> putTaskDef("fixed", VariableType.INT),
                "TaskDef [fixed] already exists and is immutable");
        stage.deploy("uses", wf -> wf.execute("fixed", "x"));
        stage.stub.deleteTaskDef(DeleteTaskDefRequest.newBuilder().setId(def.getId()).build());
        Stage.refused(NOT_FOUND, () -> stage.stub.getTaskDef(def.getId()));
        Stage.refused(INVALID_ARGUMENT, () -> stage.deploy("uses-too", wf -> wf.execute("fixed", "x")), "fixed");
    }

    @Test
    void pagesHoldEveryTaskDefOnce() {
        for (int i = 0; i < 10; i++) putTaskDef("many-" + i, VariableType.STR);
        List<String> found = new ArrayList<>();
        SearchTaskDefRequest.Builder search =
                SearchTaskDefRequest.newBuilder().setPrefix("many-").setLimit(4);
        TaskDefIdList page;
        do {
            page = stage.stub.searchTaskDef(search.build());
            assertTrue(page.getResultsCount() <= 4);
            for (TaskDefId id : page.getResultsList()) found.add(id.getName());
            search.setBookmark(page.getBookmark());
        } while (page.hasBookmark());
        assertEquals(10, found.size());
        assertEquals(10, new HashSet<>(found).size());
    }

    @Test
    void aWfSpecHasVersions() {
        assertFalse(Workflow.newWorkflow("versions", wf -> {}).doesWfSpecExist(stage.stub));
        WfSpec first = stage.deploy("versions", wf -> wf.declareInt("x"));
        assertEquals(first, stage.deploy("versions", wf -> wf.declareInt("x")));
        assertEquals(MetadataStatus.ACTIVE, first.getStatus());
        WfSpec revision = stage.deploy("versions", wf -> {
            wf.declareInt("x");
            wf.declareInt("y");
        });
        assertEquals(1, revision.getId().getRevision());
        WfSpec major = stage.deploy("versions", wf -> wf.declareInt("x").required());
        assertEquals(1, major.getId().getMajorVersion());
        assertEquals(0, major.getId().getRevision());
        Stage.refused(ALREADY_EXISTS, () -> update(AllowedUpdateType.NO_UPDATES), "WfSpec already exists.");
        Stage.refused(
                FAILED_PRECONDITION,
                () -> update(AllowedUpdateType.MINOR_REVISION_UPDATES),
                "The resulting WfSpec has a breaking change.");
        Stage.refused(INVALID_ARGUMENT, () -> stage.run("versions"), "x");
        RunWfRequest.Builder old =
                RunWfRequest.newBuilder().setWfSpecName("versions").setMajorVersion(0);
        assertEquals(revision.getId(), stage.stub.runWf(old.build()).getWfSpecId());
        Stage.refused(NOT_FOUND, () -> stage.run("nobody"));
    }

    private static void update(AllowedUpdateType allowed) {
        stage.deploy(Workflow.newWorkflow("versions", wf -> {}).withUpdateType(allowed));
    }

    @Test
    void aRunIsThereAsSoonAsItIsStarted() {
        putTaskDef("never", VariableType.STR);
        stage.deploy("starts", wf -> wf.execute("never", "x"));
        RunWfRequest.Builder request = RunWfRequest.newBuilder().setWfSpecName("starts");
        for (int i = 0; i < 10; i++) {
            WfRun run = stage.stub.runWf(request.setId("own-" + i).build());
            assertEquals("own-" + i, run.getId().getId());
            assertFalse(run.getId().hasParentWfRunId());
            assertEquals(TaskStatus.TASK_SCHEDULED, stage.task(run.getId(), 0, 1).getStatus());
        }
        Stage.refused(ALREADY_EXISTS, () -> stage.stub.runWf(request.build()), "WfRun with id own-9 already exists!");
        Stage.refused(INVALID_ARGUMENT, () -> stage.stub.runWf(request.setId("a/4").build()));
    }

    @Test
    void runsAreFoundByStatusAndVariables() {
        stage.events("parked");
        stage.deploy("found", wf -> {
            wf.declareStr("name").searchable();
            wf.declareJsonArr("list").searchable();
            wf.waitForEvent("parked");
        });
        WfRun run = stage.run("found", Arg.of("name", "foo"), Arg.of("list", List.of("a", "b", "a")));
        SearchWfRunRequest.Builder search =
                SearchWfRunRequest.newBuilder().setWfSpecName("found").setStatus(RUNNING);
        Stage.eventually(
                () -> stage.stub.searchWfRun(search.build()).getResultsList(), List.of(run.getId())::equals);
        assertEquals(1, runsWith(search, "name", "foo"));
        assertEquals(0, runsWith(search, "name", "bar"));
        assertEquals(1, runsWith(search, "list", "a"));
        assertEquals(0, runsWith(search.clone().setStatus(COMPLETED), "name", "foo"));
        SearchVariableRequest.Builder variable =
                SearchVariableRequest.newBuilder().setWfSpecName("found").setVarName("name");
        variable.setValue(LHLibUtil.objToVarVal("foo"));
        assertEquals(run.getId(), stage.stub.searchVariable(variable.build()).getResults(0).getWfRunId());
        variable.setValue(LHLibUtil.objToVarVal("bar"));
        assertEquals(0, stage.stub.searchVariable(variable.build()).getResultsCount());
    }

    private static int runsWith(SearchWfRunRequest.Builder search, String variable, Object value) {
        VariableMatch match = VariableMatch.newBuilder()
                .setVarName(variable)
                .setValue(LHLibUtil.objToVarVal(value))
                .build();
        return stage.stub.searchWfRun(search.clone().addVariableFilters(match).build()).getResultsCount();
    }
}
