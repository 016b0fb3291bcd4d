package configwire

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
)

// assigned does what an assignment asks for, and answers it.
func (c *Client) assigned(w watch, a *configpb.Assignment) error {
	to := Config{
		Revision: a.GetRevision(), Digest: a.GetDigest(),
		signed: signed{a.GetSignature(), a.GetSignedNumber(), a.GetSignedFloor()},
	}
	log := c.options.Log.WithField("revision", to.Revision).
		WithField("snapshot_digest", fmt.Sprintf("%.12s", to.Digest))
	switch {
	case to.Revision == 0:
		c.tracked.change(func(s *State) { s.FromCache = false })
		return nil // nothing was ever published
	case to.Revision < c.kept.highest:
		c.tracked.count(c.tracked.assignments, Stale)
		log.WithField("highest",
			c.kept.highest).Warn("config-sync: this revision is lower than one that this node " +
			"was given, so it is not taken; has the history been lost?")
		return nil
	case c.answer != nil && c.answer.Revision == to.Revision && c.answer.Digest == to.Digest:
		c.tracked.change(func(s *State) { s.FromCache = false })
		return c.report(w, c.answer)
	}
	if err := c.farAbove(to.Revision); err != nil {
		// Not remembered: the numbers that follow are those that config-sync had before.
		c.tracked.count(c.tracked.assignments, Refused)
		log.WithError(err).Error("config-sync: the configuration was refused")
		return c.report(w, &answer{Config: to, reason: err.Error()})
	}
	c.kept.highest = to.Revision
	result := &answer{Config: to}
	data, err := c.verified(a)
	if err == nil {
		err = c.admits(to)
	}
	if err == nil {
		// What happened until now did so under the configuration before. No window has two of them
		// in it.
		if err := c.beat(w); err != nil {
			return err
		}
		to.Data = data
		err = c.options.Apply(c.life, to) // which a stream that ends meanwhile does not end
		c.beats.next(c.options.Counts(), time.Now(), Config{})
	}
	if err != nil && c.life.Err() != nil {
		return c.life.Err() // the node is about to end, and so it is no refusal
	}
	if err != nil {
		result.reason = err.Error()
		if errors.As(err, &result.problems) {
			result.reason = fmt.Sprintf("the configuration has %d problems here, the first: %s",
				len(result.problems), result.problems[0])
		}
		c.tracked.count(c.tracked.assignments, Refused)
		log.WithError(err).
			Error("config-sync: the configuration was refused; the node runs what it ran")
	} else {
		c.remember(to)
		c.kept.Config = to
		c.tracked.count(c.tracked.assignments, Applied)
		log.Info("config-sync: the configuration is in force")
	}
	c.answer = result
	c.keep()
	c.tell()
	return c.report(w, result)
}

// verified returns the bytes of an assignment, if they are what it says.
func (c *Client) verified(a *configpb.Assignment) ([]byte, error) {
	digest, data := a.GetDigest(), a.GetConfig()
	if digest == "" {
		return nil, nil // the node's own file, which nobody has signed or sent
	}
	if len(data) == 0 {
		i := slices.IndexFunc(c.known, func(k Config) bool { return k.Digest == digest })
		if i < 0 {
			return nil,
				errors.New(
					"config-sync did not send the configuration, and this node does not have it")
		}
		data = c.known[i].Data
	}
	if len(data) > MaxConfig {
		return nil,
			fmt.Errorf("the configuration has %d bytes, and %d are the most", len(data), MaxConfig)
	}
	if got := digestOf(data); got != digest {
		return nil, fmt.Errorf("what config-sync sent is not what it says: "+
			"its snapshot digest is %.12s…, and %.12s… was promised", got, digest)
	}
	return data, nil
}

// remember keeps the bytes of what runs and of what ran before, so that a return needs none.
func (c *Client) remember(to Config) {
	c.known = slices.DeleteFunc(c.known, func(k Config) bool { return k.Digest == to.Digest })
	if to.Digest != "" {
		c.known = append(c.known, to)
	}
	if len(c.known) > 2 {
		c.known = slices.Delete(c.known, 0, len(c.known)-2)
	}
}

// keep writes the cache. A node whose disk is full serves on; what it lacks is a way to start
// without config-sync.
func (c *Client) keep() {
	if c.options.Cache == "" {
		return
	}
	err := writeCache(c.options.Cache, c.kept)
	text := ""
	if err != nil {
		text = err.Error()
		c.options.Log.WithError(err).Error("config-sync: the last good configuration could not " +
			"be kept; after a restart without config-sync the node would run an older one")
	}
	c.tracked.mu.Lock()
	defer c.tracked.mu.Unlock()
	c.tracked.state.CacheError = text
	if err != nil {
		c.tracked.cacheFailures++
	}
}

// tell shows people what is in force.
func (c *Client) tell() {
	running, _ := c.options.Running()
	c.tracked.change(func(s *State) {
		s.Running, s.Highest, s.FromCache = running, c.kept.highest, false
		s.Refusal, s.RefusedRevision = "", 0
		if c.answer != nil && c.answer.reason != "" {
			s.Refusal, s.RefusedRevision = c.answer.reason, c.answer.Revision
		}
	})
}

// wentBack tells config-sync when the node has left what it had applied, by its own trial or
// because an operator asked it to.
func (c *Client) wentBack(w watch) error {
	running, why := c.options.Running()
	if c.answer == nil || c.answer.reason != "" || running.Digest == c.answer.Digest {
		return nil
	}
	if why == "" {
		why = "it was rolled back at the node"
	}
	c.answer = &answer{Config: c.answer.Config, reason: why}
	c.tracked.count(c.tracked.assignments, Refused)
	c.options.Log.WithField("revision",
		c.answer.Revision).Warn("config-sync: the node has left this revision again: " + why)
	if i := slices.IndexFunc(c.known, func(k Config) bool {
		return k.Digest == running.Digest
	}); i >= 0 {
		c.kept.Config = c.known[i]
		c.kept.Revision = running.Revision
	} else {
		c.kept.Config = Config{} // its own file
	}
	c.keep()
	c.tell()
	return c.report(w, c.answer)
}
