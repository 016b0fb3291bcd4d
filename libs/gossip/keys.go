package gossip

import (
	"bytes"
	"fmt"

	"github.com/hashicorp/memberlist"
)

// newKeyring returns the keys of a ring; nil if it is not encrypted. The first key
// encrypts, all of them decrypt.
func newKeyring(keys [][]byte) (*memberlist.Keyring, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	ring, err := memberlist.NewKeyring(keys, keys[0])
	if err != nil {
		return nil, fmt.Errorf("a key: %w", err)
	}
	return ring, nil
}

// rekey puts other keys in the place of those of a keyring that is in use.
func rekey(ring *memberlist.Keyring, keys [][]byte) error {
	for _, key := range keys {
		if err := ring.AddKey(key); err != nil {
			return fmt.Errorf("a key: %w", err)
		}
	}
	// RemoveKey moves the keys behind the one it removes, in a slice that those who
	// decrypt may be reading. Using a key puts it in front, in a new slice: so what is to
	// go comes to the end, where removing it moves nothing.
	for i := len(keys) - 1; i >= 0; i-- {
		if err := ring.UseKey(keys[i]); err != nil {
			return err
		}
	}
	for {
		all := ring.GetKeys()
		last := all[len(all)-1]
		if holds(keys, last) {
			return nil
		}
		if err := ring.RemoveKey(last); err != nil {
			return err
		}
	}
}

func holds(keys [][]byte, key []byte) bool {
	for _, k := range keys {
		if bytes.Equal(k, key) {
			return true
		}
	}
	return false
}
