package configserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sirupsen/logrus"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/gatewayhomebrew/gateway/libs/configstore"
	"github.com/gatewayhomebrew/gateway/libs/rollout"
)

// errJournal says that the journal is whole and makes no sense to this version.
var errJournal = errors.New("the journal can't be followed")

func (s *Server) catchUp(ctx context.Context) error {
	s.appending.Lock()
	defer s.appending.Unlock()
	return s.catchUpLocked(ctx)
}

// catchUpLocked needs appending held.
func (s *Server) catchUpLocked(ctx context.Context) error {
	entries, err := s.store.Entries(ctx, s.applied)
	if errors.Is(err, configstore.ErrWentBack) {
		entries, err = nil, s.readAgain(ctx, err)
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := s.apply(e); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.loaded {
		s.loaded = true
		close(s.assigned)
		s.assigned = make(chan struct{})
	}
	return nil
}

// apply needs appending held.
func (s *Server) apply(entry []byte) error {
	var r rollout.Record
	if err := json.Unmarshal(entry, &r); err != nil {
		return fmt.Errorf("%w: entry %d: %w", errJournal, s.applied+1, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.machine.Apply(r); err != nil {
		return fmt.Errorf("%w: entry %d: %w", errJournal, s.applied+1, err)
	}
	s.applied++
	s.counts.records++
	s.dirty = true
	s.changedLocked()
	close(s.assigned)
	s.assigned = make(chan struct{})
	if s.loaded {
		s.tell(r)
	}
	return nil
}

// changedLocked needs mu held.
func (s *Server) changedLocked() { s.version++ }

// tell logs a record. It needs mu held.
func (s *Server) tell(r rollout.Record) {
	entry := s.log.WithFields(logrus.Fields{"record": string(r.Kind), "revision": r.Revision})
	if r.By != "" {
		entry = entry.WithField("by", r.By)
	}
	if r.Reason != "" {
		entry = entry.WithField("reason", r.Reason)
	}
	switch r.Kind {
	case rollout.Published:
		entry.WithField("snapshot_digest", r.Digest).Info("published")
	case rollout.Returned:
		s.counts.returns++
		entry.WithField("return", r.Return).Warn("taken back")
	case rollout.Stepped:
		entry.WithFields(logrus.Fields{
			"step": r.Step, "nodes": len(r.Nodes), "all": r.All,
		}).Info("the rollout goes on")
	case rollout.Asked:
		entry.WithField("nodes", len(r.Nodes)).Warn("another node is asked")
	default:
		entry.Info("the rollout goes on")
	}
}

// append makes a record of what the machine is like now and stores it. make may refuse, or have
// nothing to say.
func (s *Server) append(
	ctx context.Context, make func(*rollout.Machine) (rollout.Record, bool, error),
) (rollout.Record, bool, error) {
	s.appending.Lock()
	defer s.appending.Unlock()
	for {
		if err := s.catchUpLocked(ctx); err != nil {
			return rollout.Record{}, false, err
		}
		s.mu.Lock()
		r, ok, err := make(s.machine)
		s.mu.Unlock()
		if err != nil || !ok {
			return rollout.Record{}, false, err
		}
		entry, err := json.Marshal(r)
		if err != nil {
			return rollout.Record{}, false, err
		}
		err = s.store.Append(ctx, s.applied, entry)
		if errors.Is(err, configstore.ErrConflict) {
			continue // another replica was faster, and may have changed what is to be said
		}
		s.wrote(ctx, err)
		if err != nil {
			return rollout.Record{}, false, err
		}
		return r, true, s.apply(entry)
	}
}

// readAgain takes a journal for the truth that is another one than before, since nothing else is
// left of it: what it says has been good is, and revisions that it does not know of are gone. Nodes
// come anew and say which they have, so that the next one is above them. It needs appending held.
func (s *Server) readAgain(ctx context.Context, why error) error {
	entries, err := s.store.Entries(ctx, 0)
	if err != nil {
		return fmt.Errorf("%w, and it can't be read again: %w", why, err)
	}
	fresh := rollout.New(s.options.Settings, rollout.State{}, s.now())
	for i, e := range entries {
		var r rollout.Record
		err := json.Unmarshal(e, &r)
		if err == nil {
			err = fresh.Apply(r)
		}
		if err != nil {
			return fmt.Errorf("%w, and it can't be read again: %w: entry %d: %w", why, errJournal,
				i+1, err)
		}
	}
	state := fresh.State()
	s.log.WithError(why).WithFields(logrus.Fields{
		"entries_before": s.applied, "entries": len(entries), "good": state.Good,
		"last": state.Last,
	}).Error("the history went back: it was restored from a copy, or keys were removed. It is " +
		"read again; what was published since is lost, publish it anew")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.machine, s.applied = fresh, uint64(len(entries))
	clear(s.owners)
	clear(s.posted)
	clear(s.messages)
	for _, st := range s.streams {
		st.end(status.Error(codes.Unavailable, "the history went back and is read again"))
	}
	s.dirty = true
	s.changedLocked()
	close(s.assigned)
	s.assigned = make(chan struct{})
	return nil
}

// lookAgain is how often snapshots are read again though nothing has changed: a disk may turn bad,
// or somebody's hand be in the folder.
const lookAgain = time.Minute

// lacks says which configuration that nodes may be given is not to be had: its snapshot is missing,
// or was changed. Nothing is lost for nodes that run it; publishing it anew stores it again.
func (s *Server) lacks(ctx context.Context) error {
	s.mu.Lock()
	state, records := s.machine.State(), s.counts.records
	var needed []rollout.Revision
	numbers := append([]uint64{state.Good}, state.Waiting...)
	if run := state.Run; run != nil {
		numbers = append(numbers, run.Revision)
	}
	for _, n := range numbers {
		if r := state.Find(n); r != nil && r.Digest != "" {
			needed = append(needed, *r)
		}
	}
	unwell := s.trouble != nil
	s.mu.Unlock()
	now := s.now()
	if !s.store.Shared() && records == s.looked && !unwell && now.Sub(s.lookedAt) < lookAgain {
		return nil // this process is the only one that may change it, if the disk is well
	}
	for _, r := range needed {
		if err := s.lost(ctx, r); err != nil {
			return err
		}
	}
	s.looked, s.lookedAt = records, now
	return nil
}

func (s *Server) lost(ctx context.Context, r rollout.Revision) error {
	_, err := s.store.Get(ctx, r.Digest)
	if errors.Is(err, configstore.ErrNotFound) || errors.Is(err, configstore.ErrDamaged) {
		return fmt.Errorf("the configuration of revision %d (%.12s) can't be given to nodes: %w; "+
			"publish it again", r.Number, r.Digest, err)
	}
	return err
}

// toldLost is how many revisions are looked at when the process starts.
const toldLost = 64

// tellLost logs which earlier revisions can't be returned to.
func (s *Server) tellLost(ctx context.Context) {
	s.mu.Lock()
	history := s.machine.State().History
	history = history[max(0, len(history)-toldLost):]
	seen := map[string]bool{"": true}
	var all []rollout.Revision
	for _, r := range history {
		if !seen[r.Digest] {
			seen[r.Digest] = true
			all = append(all, r)
		}
	}
	s.mu.Unlock()
	for _, r := range all {
		if err := s.lost(ctx, r); err != nil && ctx.Err() == nil {
			s.log.WithError(err).Error("a configuration of the history is lost")
		}
	}
}
