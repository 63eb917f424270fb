package main

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
)

func opts(kind string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{ID: kind + "-" + uuid.NewString(), TaskQueue: queue}
}

func start(ctx context.Context, wf any, args ...any) client.WorkflowRun {
	r, err := c.ExecuteWorkflow(ctx, opts("go"), wf, args...)
	must(err)
	return r
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
func eq(got, want any) {
	if fmt.Sprint(got) != fmt.Sprint(want) {
		panic(fmt.Sprintf("got %v, want %v", got, want))
	}
}
func check(b bool, what ...any) {
	if !b {
		panic(fmt.Sprint(what...))
	}
}
func result[T any](ctx context.Context, r client.WorkflowRun) T {
	var t T
	must(r.Get(ctx, &t))
	return t
}

func until(f func() bool) {
	for i := 0; !f(); i++ {
		if i > 200 {
			panic("never")
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func exec(r client.WorkflowRun) *commonpb.WorkflowExecution {
	return &commonpb.WorkflowExecution{WorkflowId: r.GetID(), RunId: r.GetRunID()}
}
