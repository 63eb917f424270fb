package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

var checks = []struct {
	name string
	f    func(ctx context.Context)
}{
	{"hello", func(ctx context.Context) { eq(result[string](ctx, start(ctx, Hello, "you")), "Hello from Go, you!") }},
	{"signals, queries, updates", func(ctx context.Context) {
		r := start(ctx, Conversation)
		for _, t := range []string{"one", "two"} {
			must(c.SignalWorkflow(ctx, r.GetID(), "", "add", t))
		}
		v, err := c.QueryWorkflow(ctx, r.GetID(), "", "texts")
		must(err)
		var texts []string
		must(v.Get(&texts))
		eq(texts, []string{"one", "two"})
		u, err := c.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{WorkflowID: r.GetID(), UpdateName: "rename", Args: []any{"somebody"}, WaitForStage: client.WorkflowUpdateStageCompleted})
		must(err)
		var old string
		must(u.Get(ctx, &old))
		eq(old, "nobody")
		u, err = c.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{WorkflowID: r.GetID(), UpdateName: "rename", Args: []any{""}, WaitForStage: client.WorkflowUpdateStageCompleted})
		if err == nil {
			err = u.Get(ctx, nil)
		}
		check(err != nil && strings.Contains(err.Error(), "a name is empty"), err)
		u, err = c.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{WorkflowID: r.GetID(), UpdateID: "s", UpdateName: "slow", Args: []any{"x"}, WaitForStage: client.WorkflowUpdateStageAccepted})
		must(err)
		must(c.GetWorkflowUpdateHandle(client.GetWorkflowUpdateHandleOptions{WorkflowID: r.GetID(), UpdateID: "s"}).Get(ctx, &old))
		eq(old, "Hello from Go, x!")
		_, err = c.QueryWorkflow(ctx, r.GetID(), "", "nothing")
		var qf *serviceerror.QueryFailed
		check(errors.As(err, &qf), err)
		must(c.SignalWorkflow(ctx, r.GetID(), "", "finish", nil))
		eq(result[Talk](ctx, r), Talk{"somebody", []string{"one", "two"}})
		q, err := c.QueryWorkflowWithOptions(ctx, &client.QueryWorkflowWithOptionsRequest{WorkflowID: r.GetID(), QueryType: "texts", QueryRejectCondition: enumspb.QUERY_REJECT_CONDITION_NOT_OPEN})
		must(err)
		check(q.QueryRejected != nil, "a closed run was queried")
		err = c.SignalWorkflow(ctx, r.GetID(), "", "add", "late")
		var nf *serviceerror.NotFound
		check(errors.As(err, &nf), err)
	}},
	{"signal with start", func(ctx context.Context) {
		o := opts("sws")
		for _, t := range []string{"one", "two"} {
			_, err := c.SignalWithStartWorkflow(ctx, o.ID, "add", t, o, Conversation)
			must(err)
		}
		r := c.GetWorkflow(ctx, o.ID, "")
		must(c.SignalWorkflow(ctx, o.ID, "", "finish", nil))
		eq(result[Talk](ctx, r), Talk{"nobody", []string{"one", "two"}})
	}},
	{"update with start", func(ctx context.Context) {
		o := opts("uws")
		o.WorkflowIDConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING
		for i, want := range []string{"nobody", "n0"} {
			u, err := c.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
				StartWorkflowOperation: c.NewWithStartWorkflowOperation(o, Conversation),
				UpdateOptions:          client.UpdateWorkflowOptions{UpdateName: "rename", Args: []any{fmt.Sprint("n", i)}, WaitForStage: client.WorkflowUpdateStageCompleted},
			})
			must(err)
			var old string
			must(u.Get(ctx, &old))
			eq(old, want)
		}
		must(c.SignalWorkflow(ctx, o.ID, "", "finish", nil))
	}},
	{"children", func(ctx context.Context) {
		eq(result[int](ctx, start(ctx, Parent, 5)), 30)
		eq(result[string](ctx, start(ctx, ParentOfFailing)), "Oops no 7")
		eq(result[Talk](ctx, start(ctx, SignalsChild)), Talk{"nobody", []string{"from the parent"}})
	}},
	{"continue as new", func(ctx context.Context) { eq(result[int](ctx, start(ctx, Counter, 1, 0)), 1) }},
	{"cancel, terminate", func(ctx context.Context) {
		r := start(ctx, Waiter)
		must(c.CancelWorkflow(ctx, r.GetID(), r.GetRunID()))
		err := r.Get(ctx, nil)
		check(temporal.IsCanceledError(err), err)
		r = start(ctx, Waiter)
		must(c.TerminateWorkflow(ctx, r.GetID(), "", "enough", 1))
		err = r.Get(ctx, nil)
		var te *temporal.TerminatedError
		check(errors.As(err, &te), err)
	}},
	{"activities", func(ctx context.Context) {
		eq(result[int](ctx, start(ctx, Heartbeats)), 42)
		eq(result[string](ctx, start(ctx, CancelsActivity)), "cancelled")
		r := start(ctx, AsyncActivity)
		token := <-tokens
		must(c.RecordActivityHeartbeat(ctx, token, "beat"))
		must(c.CompleteActivity(ctx, token, "done by token", nil))
		eq(result[string](ctx, r), "done by token")
		r = start(ctx, AsyncActivity)
		<-tokens
		d, err := c.DescribeWorkflowExecution(ctx, r.GetID(), "")
		must(err)
		must(c.CompleteActivityByID(ctx, "default", r.GetID(), "", d.PendingActivities[0].ActivityId, "done by id", nil))
		eq(result[string](ctx, r), "done by id")
	}},
	{"local activities, side effects, versions", func(ctx context.Context) {
		r := start(ctx, Local)
		eq(result[string](ctx, r), "Hello from Go, local! 7 2")
		list, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: fmt.Sprintf("TemporalChangeVersion = 'change-2' AND WorkflowId = '%s'", r.GetID())})
		must(err)
		eq(len(list.Executions), 1)
	}},
	{"sessions", func(ctx context.Context) { eq(result[bool](ctx, start(ctx, Sessions)), true) }},
	{"search attributes and memo", func(ctx context.Context) {
		_, err := c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: "default", SearchAttributes: map[string]enumspb.IndexedValueType{
			"GoKeyword": enumspb.INDEXED_VALUE_TYPE_KEYWORD, "GoInt": enumspb.INDEXED_VALUE_TYPE_INT, "GoList": enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST, "GoTime": enumspb.INDEXED_VALUE_TYPE_DATETIME}})
		must(err)
		key := uuid.NewString()
		o := opts("sa")
		o.TypedSearchAttributes = temporal.NewSearchAttributes(attrInt.ValueSet(1), attrKeyword.ValueSet("first"))
		o.Memo = map[string]any{"note": "start"}
		r, err := c.ExecuteWorkflow(ctx, o, Attributes, key)
		must(err)
		eq(result[int64](ctx, r), 41)
		list, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: fmt.Sprintf("GoKeyword = '%s' AND GoInt > 40 AND GoList = 'b' AND GoTime < '2100-01-01T00:00:00Z'", key)})
		must(err)
		eq(len(list.Executions), 1)
		eq(string(list.Executions[0].Memo.Fields["note"].Data), `"changed"`)
		n, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: "WorkflowType = 'Attributes' GROUP BY ExecutionStatus"})
		must(err)
		check(n.Count >= 1 && len(n.Groups) >= 1, n)
	}},
	{"retries", func(ctx context.Context) {
		must(start(ctx, Panics).Get(ctx, nil))
		o := opts("retried")
		o.RetryPolicy = &temporal.RetryPolicy{InitialInterval: 10 * time.Millisecond}
		r, err := c.ExecuteWorkflow(ctx, o, Retried)
		must(err)
		eq(result[int32](ctx, r), 3)
		o = opts("timeout")
		o.WorkflowRunTimeout = time.Second
		r, err = c.ExecuteWorkflow(ctx, o, Waiter)
		must(err)
		check(temporal.IsTimeoutError(r.Get(ctx, nil)))
	}},
	{"ids", func(ctx context.Context) {
		o := opts("ids")
		o.WorkflowExecutionErrorWhenAlreadyStarted = true
		_, err := c.ExecuteWorkflow(ctx, o, Waiter)
		must(err)
		_, err = c.ExecuteWorkflow(ctx, o, Waiter)
		var as *serviceerror.WorkflowExecutionAlreadyStarted
		check(errors.As(err, &as), err)
		o.WorkflowIDConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING
		r, err := c.ExecuteWorkflow(ctx, o, Waiter)
		must(err)
		must(c.TerminateWorkflow(ctx, r.GetID(), "", ""))
		o = opts("delayed")
		o.StartDelay = 200 * time.Millisecond
		r, err = c.ExecuteWorkflow(ctx, o, Selects)
		must(err)
		eq(result[string](ctx, r), "timer")
	}},
	{"eager start", func(ctx context.Context) {
		o := opts("eager")
		o.EnableEagerStart = true
		r, err := c.ExecuteWorkflow(ctx, o, Hello, "eager")
		must(err)
		eq(result[string](ctx, r), "Hello from Go, eager!")
		it := c.GetWorkflowHistory(ctx, r.GetID(), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		e, err := it.Next()
		must(err)
		check(e.GetWorkflowExecutionStartedEventAttributes().EagerExecutionAccepted, "not eager")
	}},
	{"reset", func(ctx context.Context) {
		r := start(ctx, Hello, "reset")
		eq(result[string](ctx, r), "Hello from Go, reset!")
		res, err := c.ResetWorkflowExecution(ctx, &workflowservice.ResetWorkflowExecutionRequest{Namespace: "default", WorkflowExecution: exec(r), Reason: "check", WorkflowTaskFinishEventId: 4, RequestId: uuid.NewString()})
		must(err)
		eq(result[string](ctx, c.GetWorkflow(ctx, r.GetID(), res.RunId)), "Hello from Go, reset!")
	}},
	{"history and replay", func(ctx context.Context) {
		r := start(ctx, Local)
		must(r.Get(ctx, nil))
		rp := worker.NewWorkflowReplayer()
		rp.RegisterWorkflow(Local)
		must(rp.ReplayWorkflowExecution(ctx, c.WorkflowService(), log.NewStructuredLogger(slog.Default()), "default", workflow.Execution{ID: r.GetID(), RunID: r.GetRunID()}))
	}},
	{"schedules", schedules},
	{"describe task queue, workers", func(ctx context.Context) {
		d, err := c.DescribeTaskQueueEnhanced(ctx, client.DescribeTaskQueueEnhancedOptions{TaskQueue: queue, ReportPollers: true, ReportStats: true, TaskQueueTypes: []client.TaskQueueType{client.TaskQueueTypeWorkflow, client.TaskQueueTypeActivity}})
		must(err)
		check(len(d.VersionsInfo) > 0, d)
		q, err := c.DescribeTaskQueue(ctx, queue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
		must(err)
		check(len(q.Pollers) > 0, q)
		h, err := c.CheckHealth(ctx, &client.CheckHealthRequest{})
		must(err)
		check(h != nil)
		ns, err := client.NewNamespaceClient(client.Options{HostPort: address})
		must(err)
		_, err = ns.Describe(ctx, "default")
		must(err)
		ns.Close()
	}},
	{"interceptors", func(ctx context.Context) { check(len(calls) > 10, len(calls)) }},
}

// Every operation on a schedule.
func schedules(ctx context.Context) {
	id := "s-" + uuid.NewString()
	h, err := c.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID:      id,
		Spec:    client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: time.Second}}, Jitter: time.Millisecond},
		Action:  &client.ScheduleWorkflowAction{ID: "by-" + id, Workflow: Hello, Args: []any{"schedule"}, TaskQueue: queue},
		Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE, Note: "first", Memo: map[string]any{"m": 1},
	})
	must(err)
	_, err = c.ScheduleClient().Create(ctx, client.ScheduleOptions{ID: id, Action: &client.ScheduleWorkflowAction{ID: "x", Workflow: Hello, Args: []any{"y"}, TaskQueue: queue}})
	check(errors.Is(err, temporal.ErrScheduleAlreadyRunning), err)
	until(func() bool {
		d, err := h.Describe(ctx)
		must(err)
		return d.Info.NumActions >= 2
	})
	must(h.Pause(ctx, client.SchedulePauseOptions{Note: "stop"}))
	must(h.Update(ctx, client.ScheduleUpdateOptions{DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
		s := in.Description.Schedule
		s.Spec.Intervals = nil
		s.Spec.Calendars = []client.ScheduleCalendarSpec{{Hour: []client.ScheduleRange{{Start: 5}}, Comment: "five"}}
		s.Spec.CronExpressions = []string{"0 12 * * MON"}
		s.Spec.TimeZoneName = "Europe/Berlin"
		return &client.ScheduleUpdate{Schedule: &s}, nil
	}}))
	d, err := h.Describe(ctx)
	must(err)
	check(d.Schedule.State.Paused && d.Schedule.State.Note == "stop", d.Schedule.State)
	eq(len(d.Schedule.Spec.Calendars), 2)
	before := d.Info.NumActions
	must(h.Trigger(ctx, client.ScheduleTriggerOptions{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL}))
	must(h.Backfill(ctx, client.ScheduleBackfillOptions{Backfill: []client.ScheduleBackfill{{Start: time.Now().Add(-50 * time.Hour), End: time.Now().Add(-time.Hour), Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL}}}))
	until(func() bool {
		d, err = h.Describe(ctx)
		must(err)
		return d.Info.NumActions >= before+3
	})
	must(h.Unpause(ctx, client.ScheduleUnpauseOptions{}))
	until(func() bool {
		it, err := c.ScheduleClient().List(ctx, client.ScheduleListOptions{PageSize: 10})
		must(err)
		for it.HasNext() {
			e, err := it.Next()
			must(err)
			if e.ID == id {
				return len(e.NextActionTimes) > 0 && e.WorkflowType.Name == "Hello"
			}
		}
		return false
	})
	must(h.Delete(ctx))
	_, err = h.Describe(ctx)
	var nf *serviceerror.NotFound
	check(errors.As(err, &nf), err)
}
