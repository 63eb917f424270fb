// Workflows and activities of the checks.
package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

var failures atomic.Int64

// Greet fails at its first attempt.
func Greet(ctx context.Context, name string) (string, error) {
	if activity.GetInfo(ctx).Attempt == 1 {
		return "", errors.New("not yet")
	}
	return "Hello from Go, " + name + "!", nil
}

func quick(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 20 * time.Second,
		HeartbeatTimeout:    10 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: 10 * time.Millisecond},
	})
}

func Hello(ctx workflow.Context, name string) (out string, err error) {
	err = workflow.ExecuteActivity(quick(ctx), Greet, name).Get(ctx, &out)
	return
}

type Talk struct {
	Name  string
	Texts []string
}

func Conversation(ctx workflow.Context) (*Talk, error) {
	t := &Talk{Name: "nobody"}
	done := false
	workflow.SetQueryHandler(ctx, "texts", func() ([]string, error) { return t.Texts, nil })
	workflow.SetUpdateHandlerWithOptions(ctx, "rename", func(ctx workflow.Context, n string) (string, error) {
		old := t.Name
		t.Name = n
		return old, nil
	}, workflow.UpdateHandlerOptions{Validator: func(n string) error {
		if n == "" {
			return errors.New("a name is empty")
		}
		return nil
	}})
	workflow.SetUpdateHandler(ctx, "slow", func(ctx workflow.Context, n string) (string, error) {
		var out string
		err := workflow.ExecuteActivity(quick(ctx), Greet, n).Get(ctx, &out)
		return out, err
	})
	workflow.Go(ctx, func(ctx workflow.Context) {
		c := workflow.GetSignalChannel(ctx, "add")
		for {
			var s string
			c.Receive(ctx, &s)
			t.Texts = append(t.Texts, s)
		}
	})
	workflow.Go(ctx, func(ctx workflow.Context) {
		workflow.GetSignalChannel(ctx, "finish").Receive(ctx, nil)
		done = true
	})
	err := workflow.Await(ctx, func() bool { return done && workflow.AllHandlersFinished(ctx) })
	return t, err
}

func Child(ctx workflow.Context, n int) (int, error) {
	return n * n, workflow.Sleep(ctx, 5*time.Millisecond)
}

func Parent(ctx workflow.Context, n int) (int, error) {
	var fs []workflow.ChildWorkflowFuture
	for i := range n {
		fs = append(fs, workflow.ExecuteChildWorkflow(ctx, Child, i))
	}
	sum := 0
	for _, f := range fs {
		var v int
		if err := f.Get(ctx, &v); err != nil {
			return 0, err
		}
		sum += v
	}
	return sum, nil
}

func FailingChild(ctx workflow.Context) error {
	return temporal.NewNonRetryableApplicationError("no", "Oops", nil, 7)
}

func ParentOfFailing(ctx workflow.Context) (string, error) {
	err := workflow.ExecuteChildWorkflow(ctx, FailingChild).Get(ctx, nil)
	var c *temporal.ChildWorkflowExecutionError
	var a *temporal.ApplicationError
	if errors.As(err, &c) && errors.As(err, &a) {
		var d int
		a.Details(&d)
		return fmt.Sprint(a.Type(), " ", a.Message(), " ", d), nil
	}
	return "", err
}

func SignalsChild(ctx workflow.Context) (*Talk, error) {
	f := workflow.ExecuteChildWorkflow(ctx, Conversation)
	var we workflow.Execution
	if err := f.GetChildWorkflowExecution().Get(ctx, &we); err != nil {
		return nil, err
	}
	if err := f.SignalChildWorkflow(ctx, "add", "from the parent").Get(ctx, nil); err != nil {
		return nil, err
	}
	if err := workflow.SignalExternalWorkflow(ctx, we.ID, "", "finish", nil).Get(ctx, nil); err != nil {
		return nil, err
	}
	var t Talk
	err := f.Get(ctx, &t)
	return &t, err
}

func Counter(ctx workflow.Context, n, at int) (int, error) {
	if at == n {
		return at, nil
	}
	return 0, workflow.NewContinueAsNewError(ctx, Counter, n, at+1)
}

func Waiter(ctx workflow.Context) (string, error) {
	err := workflow.Sleep(ctx, time.Hour)
	if temporal.IsCanceledError(err) {
		d, _ := workflow.NewDisconnectedContext(ctx)
		workflow.Sleep(d, 5*time.Millisecond)
	}
	return "", err
}

func Beats(ctx context.Context) (int, error) {
	if activity.HasHeartbeatDetails(ctx) {
		var n int
		err := activity.GetHeartbeatDetails(ctx, &n)
		return n, err
	}
	activity.RecordHeartbeat(ctx, 42)
	time.Sleep(50 * time.Millisecond)
	return 0, errors.New("again")
}

func Heartbeats(ctx workflow.Context) (n int, err error) {
	err = workflow.ExecuteActivity(quick(ctx), Beats).Get(ctx, &n)
	return
}

func UntilCancelled(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
			activity.RecordHeartbeat(ctx, "alive")
		}
	}
}

func CancelsActivity(ctx workflow.Context) (string, error) {
	a, cancel := workflow.WithCancel(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: time.Minute, HeartbeatTimeout: 500 * time.Millisecond, WaitForCancellation: true,
	}))
	f := workflow.ExecuteActivity(a, UntilCancelled)
	workflow.Sleep(ctx, 100*time.Millisecond)
	cancel()
	err := f.Get(ctx, nil)
	if temporal.IsCanceledError(err) {
		return "cancelled", nil
	}
	return "", err
}

var tokens = make(chan []byte, 1)

// Async is completed from outside.
func Async(ctx context.Context) (string, error) {
	tokens <- activity.GetInfo(ctx).TaskToken
	return "", activity.ErrResultPending
}

func AsyncActivity(ctx workflow.Context) (s string, err error) {
	err = workflow.ExecuteActivity(quick(ctx), Async).Get(ctx, &s)
	return
}

func Local(ctx workflow.Context) (string, error) {
	l := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		ScheduleToCloseTimeout: 10 * time.Second,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: 10 * time.Millisecond},
	})
	var s string
	if err := workflow.ExecuteLocalActivity(l, Greet, "local").Get(ctx, &s); err != nil {
		return "", err
	}
	var r int
	if err := workflow.SideEffect(ctx, func(workflow.Context) any { return 7 }).Get(&r); err != nil {
		return "", err
	}
	v := workflow.GetVersion(ctx, "change", workflow.DefaultVersion, 2)
	if err := workflow.Sleep(ctx, time.Millisecond); err != nil {
		return "", err
	}
	return fmt.Sprint(s, " ", r, " ", v), nil
}

// InSession tells its queue: that of a session is its worker's own.
func InSession(ctx context.Context) (string, error) {
	return activity.GetInfo(ctx).TaskQueue, nil
}

func Sessions(ctx workflow.Context) (bool, error) {
	s, err := workflow.CreateSession(quick(ctx), &workflow.SessionOptions{CreationTimeout: 20 * time.Second, ExecutionTimeout: time.Minute})
	if err != nil {
		return false, err
	}
	defer workflow.CompleteSession(s)
	var a, b string
	if err := workflow.ExecuteActivity(s, InSession).Get(s, &a); err != nil {
		return false, err
	}
	err = workflow.ExecuteActivity(s, InSession).Get(s, &b)
	return a == b && a != workflow.GetInfo(ctx).TaskQueueName, err
}

var attrKeyword = temporal.NewSearchAttributeKeyKeyword("GoKeyword")
var attrInt = temporal.NewSearchAttributeKeyInt64("GoInt")
var attrList = temporal.NewSearchAttributeKeyKeywordList("GoList")
var attrTime = temporal.NewSearchAttributeKeyTime("GoTime")

func Attributes(ctx workflow.Context, key string) (int64, error) {
	err := workflow.UpsertTypedSearchAttributes(ctx, attrInt.ValueSet(41), attrKeyword.ValueSet(key), attrList.ValueSet([]string{"a", "b"}), attrTime.ValueSet(workflow.Now(ctx)))
	if err != nil {
		return 0, err
	}
	if err := workflow.UpsertMemo(ctx, map[string]any{"note": "changed"}); err != nil {
		return 0, err
	}
	n, _ := workflow.GetTypedSearchAttributes(ctx).GetInt64(attrInt)
	return n, workflow.Sleep(ctx, time.Millisecond)
}

func Panics(ctx workflow.Context) error {
	if failures.Add(1) < 2 {
		panic("not this time")
	}
	return nil
}

func Retried(ctx workflow.Context) (int32, error) {
	if a := workflow.GetInfo(ctx).Attempt; a < 3 {
		return 0, errors.New("again")
	} else {
		return a, nil
	}
}

func Selects(ctx workflow.Context) (string, error) {
	s := workflow.NewSelector(ctx)
	out := ""
	s.AddFuture(workflow.NewTimer(ctx, 200*time.Millisecond), func(workflow.Future) { out = "timer" })
	s.AddReceive(workflow.GetSignalChannel(ctx, "never"), func(workflow.ReceiveChannel, bool) { out = "signal" })
	s.Select(ctx)
	m := workflow.NewMutex(ctx)
	if err := m.Lock(ctx); err != nil {
		return "", err
	}
	m.Unlock()
	return out, nil
}
