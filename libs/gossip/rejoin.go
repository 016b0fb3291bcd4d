package gossip

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// An address that nobody answers at is tried this many times a round by all members
	// together: enough that a node that is back is found in the first round.
	triesEach = 3
	// atLeast and atATime bound how many lost nodes one member tries in a round.
	atLeast = 2
	atATime = 32
	// A node that is back may have started anew: it answers those who ask whether it is
	// there, which makes it a member, and knows nobody. So about this many members tell it.
	tellBack = 5
	// Where packets get lost a second connection is often quicker than the first one's
	// next try, so a node that is alone opens up to this many to an address.
	hedged = 4
	// An address that answers and is not a member's is asked again soon that many times
	// in a row; it may be another name of this node's own.
	soonAgain = 5
)

// search looks for nodes that are not in the ring. It belongs to one goroutine, but for
// what is guarded.
type search struct {
	*Ring
	group sync.WaitGroup
	met   chan struct{} // has something when a node was met that is not a member
	first atomic.Bool   // one was met at all

	mu       sync.Mutex
	underWay map[string]int // guarded by mu; tries, by address
}

// rejoin looks for nodes that are not in the ring for as long as the ring runs:
// memberlist forgets those that are dead, and then a network that was cut in two would
// stay two rings for ever.
func (r *Ring) rejoin(ctx context.Context) {
	s := &search{Ring: r, met: make(chan struct{}, 1), underWay: make(map[string]int)}
	defer s.group.Wait()
	soon := 0
	if b := r.options.Before; b != nil {
		for _, address := range b.Members {
			if s.begin(address, 1) {
				s.group.Go(func() { s.try(address) })
			}
		}
	}
	for {
		s.look(ctx)
		wait := r.pace.Rejoin/2 + rand.N(r.pace.Rejoin/2+1)
		if r.members.count() == 1 {
			wait = min(wait, r.pace.Again) // nobody is found yet
		}
		next := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			next.Stop()
			return
		case <-next.C:
			soon = 0
		case <-s.members.news:
			next.Stop()
			s.welcome()
		case <-s.met:
			next.Stop()
			pause := r.pace.Again
			if soon++; soon > soonAgain {
				pause = wait
			}
			select { // it has to hear that it was taken for dead, and object
			case <-ctx.Done():
				return
			case <-time.After(pause):
			}
		}
	}
}

// look begins to try to reach those who are missing.
func (s *search) look(ctx context.Context) {
	targets := s.configured(ctx)
	lost := s.members.missing()
	rand.Shuffle(len(lost), func(i, j int) { lost[i], lost[j] = lost[j], lost[i] })
	members := s.members.count()
	n := min(max(triesEach*len(lost)/max(members, 1), atLeast), atATime, len(lost))
	for _, a := range lost[:n] {
		targets[a] = true
	}
	most := 1
	if members == 1 {
		most = hedged
	}
	for address := range targets {
		if ctx.Err() == nil && s.begin(address, most) {
			s.group.Go(func() { s.try(address) })
		}
	}
}

// welcome tells nodes that are back who else is there.
func (s *search) welcome() {
	for _, address := range s.members.returned() {
		if rand.IntN(max(s.members.count(), 1)) < tellBack && s.begin(address, 1) {
			s.group.Go(func() { s.try(address) })
		}
	}
}

// begin says whether another try may begin.
func (s *search) begin(address string, most int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.underWay[address] >= most || len(s.underWay) >= 2*atATime {
		return false
	}
	s.underWay[address]++
	return true
}

func (s *search) try(address string) {
	_, err := s.list.Join([]string{address})
	s.mu.Lock()
	if s.underWay[address]--; s.underWay[address] == 0 {
		delete(s.underWay, address)
	}
	s.mu.Unlock()
	if err != nil {
		s.counts.joinsFailed.Add(1)
		return
	}
	s.counts.joins.Add(1)
	if !s.members.has(address) || s.first.CompareAndSwap(false, true) {
		select {
		case s.met <- struct{}{}:
		default:
		}
	}
}

// configured returns the configured addresses at which there is no member.
func (s *search) configured(ctx context.Context) map[string]bool {
	targets, own := make(map[string]bool), s.Address()
	ctx, cancel := context.WithTimeout(ctx, s.pace.Stream)
	defer cancel()
	for _, join := range *s.join.Load() {
		all, err := resolve(ctx, join)
		if err != nil {
			s.log().WithError(err).WithField("address", join).Debug("gossip.join")
			continue
		}
		rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for _, a := range all {
			if to := a.String(); len(targets) < atATime && to != own && !s.members.has(to) {
				targets[to] = true
			}
		}
	}
	return targets
}
