package configserver

import (
	"context"
	"runtime/debug"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
)

// A checker checks configurations one after the other. The worst that has the size of one takes
// some 300 MB and two seconds, and nodes are served meanwhile.
type checker struct {
	waiting chan struct{} // a place for each that waits, or is checked
	turn    chan struct{} // of the one that is checked
}

const (
	// mostChecks is how many may wait; each is up to 4 MB.
	mostChecks = 8
	// largeCheck is the size from which a check may have taken memory that nothing needs again.
	largeCheck = 256 << 10
)

func newChecker() checker {
	return checker{make(chan struct{}, mostChecks), make(chan struct{}, 1)}
}

// check is the function of that name, when its turn has come.
func (c checker) check(
	ctx context.Context, name string, data []byte,
) (problems []*configpb.Problem, ok bool, err error) {
	select {
	case c.waiting <- struct{}{}:
		defer func() { <-c.waiting }()
	default:
		return nil, false, status.Errorf(codes.ResourceExhausted,
			"%d configurations wait to be checked already; try again", mostChecks)
	}
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, false, status.FromContextError(ctx.Err()).Err()
	}
	problems, ok = check(name, data)
	if len(data) >= largeCheck {
		debug.FreeOSMemory() // before the next one takes as much again
	}
	return problems, ok, nil
}
