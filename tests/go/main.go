// The official Go client and worker against our service:
//
//	go run . ../../target/debug/temporal-server
//
// The SDK starts the binary itself. Each check prints a line; the exit status is the number of those that do not hold.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

const (
	queue = "go"
	limit = time.Minute
)

var (
	c       client.Client
	address string
)

// spy notes which workflows begin.
type spy struct {
	interceptor.WorkerInterceptorBase
}

type spyWorkflow struct {
	interceptor.WorkflowInboundInterceptorBase
}

var calls = make(chan string, 1000)

func (s *spy) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	i := &spyWorkflow{}
	i.Next = next
	return i
}

func (s *spyWorkflow) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	select {
	case calls <- workflow.GetInfo(ctx).WorkflowType.Name:
	default:
	}
	return s.Next.ExecuteWorkflow(ctx, in)
}

// An idle machine, for the tuner.
type idle struct{}

func (idle) MemoryUsage(*worker.SysInfoContext) (float64, error) { return 0.2, nil }
func (idle) CpuUsage(*worker.SysInfoContext) (float64, error)    { return 0.2, nil }

func startWorker() worker.Worker {
	tuner, err := worker.NewResourceBasedTuner(worker.ResourceBasedTunerOptions{TargetMem: 0.9, TargetCpu: 0.9, InfoSupplier: idle{}})
	must(err)
	w := worker.New(c, queue, worker.Options{
		EnableSessionWorker:        true,
		Interceptors:               []interceptor.WorkerInterceptor{&spy{}},
		Tuner:                      tuner,
		WorkflowTaskPollerBehavior: worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{}),
	})
	for _, wf := range []any{
		Hello, Conversation, Child, Parent, FailingChild, ParentOfFailing, SignalsChild, Counter, Waiter, Heartbeats,
		CancelsActivity, AsyncActivity, Local, Sessions, Attributes, Panics, Retried, Selects,
	} {
		w.RegisterWorkflow(wf)
	}
	for _, a := range []any{Greet, Beats, UntilCancelled, Async, InSession} {
		w.RegisterActivity(a)
	}
	must(w.Start())
	return w
}

func run(f func(context.Context)) (failure any) {
	defer func() { failure = recover() }()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	f(ctx)
	return nil
}

func main() {
	quiet := log.NewStructuredLogger(slog.New(slog.DiscardHandler))
	server, err := testsuite.StartDevServer(context.Background(), testsuite.DevServerOptions{
		ExistingPath: os.Args[1], ClientOptions: &client.Options{Logger: quiet}, LogLevel: "error",
	})
	must(err)
	c, address = server.Client(), server.FrontendHostPort()
	w := startWorker()
	failed := 0
	for _, k := range checks {
		began := time.Now()
		if failure := run(k.f); failure != nil {
			failed++
			fmt.Printf("FAIL %s: %v\n", k.name, failure)
		} else {
			fmt.Printf("ok   %s (%d ms)\n", k.name, time.Since(began).Milliseconds())
		}
	}
	w.Stop()
	must(server.Stop())
	os.Exit(failed)
}
