package echo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/gen"
)

// The first arguments that make the benchmark's binary be the server or the client.
const (
	ServeCommand = "serve-grpc"
	CallCommand  = "call-grpc"
)

// Service is what all calls are below.
const Service = "bench.Echo"

const (
	method      = "/" + Service + "/Unary"
	payload     = 100 // bytes
	callTimeout = 5 * time.Second
)

// ServeArgs is the command line of a server; Serve reads it.
func ServeArgs(addr string) []string { return []string{ServeCommand, "-addr", addr} }

// ServeMain is the server's process: args are those after ServeCommand.
func ServeMain(args []string, _ io.Writer) error {
	fs := flag.NewFlagSet(ServeCommand, flag.ContinueOnError)
	addr := fs.String("addr", "", "address to listen on")
	if err := fs.Parse(args); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	return Serve(ctx, l)
}

// Serve answers calls until ctx is done. It closes l.
func Serve(ctx context.Context, l net.Listener) error {
	s := grpc.NewServer()
	s.RegisterService(&grpc.ServiceDesc{
		ServiceName: Service,
		HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{
			{
				MethodName: "Unary",
				Handler: func(
					_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor,
				) (any, error) {
					in := new(wrapperspb.BytesValue)
					return in, decode(in)
				},
			},
		},
	}, struct{}{})
	defer context.AfterFunc(ctx, s.Stop)()
	return s.Serve(l)
}

// Config says how to call.
type Config struct {
	Addr, Host string
	Duration   time.Duration
	Rate       int // calls per second
}

// Args is the command line for c; Main reads it.
func (c Config) Args() []string {
	return []string{
		CallCommand, "-addr", c.Addr, "-host", c.Host, "-duration", c.Duration.String(), "-rate",
		strconv.Itoa(c.Rate),
	}
}

// CallMain is the client's process: args are those after CallCommand.
func CallMain(args []string, out io.Writer) error {
	var c Config
	fs := flag.NewFlagSet(CallCommand, flag.ContinueOnError)
	fs.StringVar(&c.Addr, "addr", "", "address to call")
	fs.StringVar(&c.Host, "host", "", "authority")
	fs.DurationVar(&c.Duration, "duration", time.Second, "how long")
	fs.IntVar(&c.Rate, "rate", 1000, "calls per second")
	if err := fs.Parse(args); err != nil {
		return err
	}
	r, err := Call(context.Background(), c)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(r)
}

// Call calls until the time is over, on one connection.
func Call(ctx context.Context, c Config) (r gen.Result, err error) {
	if c.Rate < 1 || c.Duration <= 0 {
		return r, errors.New("rate and duration have to be positive")
	}
	conn, err := grpc.NewClient("passthrough:///"+c.Addr,
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithAuthority(c.Host))
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	in := wrapperspb.Bytes(bytes.Repeat([]byte{'x'}, payload))
	call := func() (time.Duration, error) {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		out := new(wrapperspb.BytesValue)
		start := time.Now()
		if err := conn.Invoke(ctx, method, in, out); err != nil {
			return 0, err
		}
		took := time.Since(start)
		if !bytes.Equal(in.Value, out.Value) {
			return 0, fmt.Errorf("the echo of %d bytes has %d", len(in.Value), len(out.Value))
		}
		return took, nil
	}
	if _, err := call(); err != nil { // connects
		return r, err
	}
	var sum gen.Summary
	var wg sync.WaitGroup
	start := time.Now()
	for i := range int(c.Duration * time.Duration(c.Rate) / time.Second) {
		due := start.Add(time.Duration(i) * time.Second / time.Duration(c.Rate))
		select {
		case <-ctx.Done():
			wg.Wait()
			return r, ctx.Err()
		case <-time.After(time.Until(due)):
		}
		wg.Go(func() {
			took, err := call()
			if err != nil {
				sum.Failed(err)
				return
			}
			sum.Answered(took)
		})
	}
	wg.Wait()
	return sum.Result(time.Since(start)), nil
}
