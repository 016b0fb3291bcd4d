package configwire

import (
	"crypto/ed25519"
	"errors"
	"fmt"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
)

// signed is what came with a configuration that was signed: see configpb.SignedText.
type signed struct {
	signature     []byte
	number, floor uint64
}

// trust is what a node with a public key remembers of signatures. With it nobody can bring back
// what was once signed: neither config-sync, nor somebody in its place.
//
// Numbers grow from each signature to the next. One above all that were seen is news. Any other is
// a return, as config-sync makes it without a signature of its own when a rollout fails: only
// downwards, and not below the floor of the newest, which its signature names.
type trust struct {
	top   uint64 // the highest number that was seen
	floor uint64 // the floor that came with it
	last  uint64 // the number that came last; 0: none, or the node's own file
}

// admit says why a number can't be taken, and else remembers it.
func (t *trust) admit(number, floor uint64) error {
	switch {
	case number > t.top:
		t.top, t.floor = number, floor
	case number > t.last:
		return fmt.Errorf("its signature is number %d, which was taken back or left out before: "+
			"it is not taken again", number)
	case number < t.floor:
		return fmt.Errorf("its signature is number %d, and what was signed as number %d allows no "+
			"return below number %d", number, t.top, t.floor)
	}
	t.last = number
	return nil
}

// admitOwn is admit for the node's own file, which nobody has signed.
func (t *trust) admitOwn() error {
	if t.top > 0 && t.floor > 0 {
		return fmt.Errorf("this node is to go back to its own file, and what was signed as number "+
			"%d allows no return below number %d", t.top, t.floor)
	}
	t.last = 0
	return nil
}

// verify holds a signature against the key.
func (c *Client) verify(digest string, s signed) error {
	text := configpb.SignedText(c.options.Fleet, s.number, s.floor, digest)
	switch {
	case ed25519.Verify(c.options.PublicKey, text, s.signature):
		return nil
	case len(s.signature) == 0:
		return errors.New(
			"the configuration is not signed, and config_sync.public_key wants it to be")
	case s.number == 0:
		return errors.New("the signature is one that an older version made, which could be used " +
			"again and again: publish the configuration anew")
	}
	return fmt.Errorf("the signature is not by config_sync.public_key, or not for the fleet %q "+
		"and number %d", c.options.Fleet, s.number)
}

// admits says whether an assignment may be taken, by its signature. Its bytes were held against its
// digest before.
func (c *Client) admits(to Config) error {
	if c.options.PublicKey == nil {
		return nil
	}
	if to.Digest == "" {
		return c.kept.trust.admitOwn()
	}
	if err := c.verify(to.Digest, to.signed); err != nil {
		return err
	}
	if to.signed.number > to.Revision {
		return fmt.Errorf("its signature is number %d, which revision %d is below",
			to.signed.number, to.Revision)
	}
	return c.kept.trust.admit(to.signed.number, to.signed.floor)
}

// checkKept holds what the cache has against the key, as if config-sync gave it now.
func (c *Client) checkKept() error {
	if c.options.PublicKey == nil || c.kept.Digest == "" {
		return nil
	}
	return c.verify(c.kept.Digest, c.kept.signed)
}

// maxLeap is by how much a revision may exceed the highest before it. Config-sync leaves out less;
// one revision near the highest number there is would be the last that a node ever takes.
const maxLeap = 1 << 20

// farAbove says why a revision is no next one.
func (c *Client) farAbove(revision uint64) error {
	if revision <= maxLeap || revision-maxLeap <= c.kept.highest {
		return nil
	}
	return fmt.Errorf("revision %d is far above %d, the highest that this node was given", revision,
		c.kept.highest)
}
