package gossip

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/hashicorp/memberlist"
)

// ErrKey is what an error of ParseKey is.
var ErrKey = errors.New("a gossip key is 16, 24 or 32 bytes in base64 or hexadecimal")

// ParseKey reads an encryption key: 16, 24 or 32 bytes, for AES-128, AES-192 or AES-256.
func ParseKey(s string) ([]byte, error) {
	for _, decode := range [...]func(string) ([]byte, error){
		hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawStdEncoding.DecodeString,
		base64.URLEncoding.DecodeString, base64.RawURLEncoding.DecodeString,
	} {
		if key, err := decode(s); err == nil && memberlist.ValidateKey(key) == nil {
			return key, nil
		}
	}
	return nil, ErrKey // never with the text: it may be a key with one wrong letter
}

// newKeyring returns the keys of a ring; nil if it is not encrypted. The first key
// encrypts, all of them decrypt.
func newKeyring(keys [][]byte) (*memberlist.Keyring, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	ring, err := memberlist.NewKeyring(keys, keys[0])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return ring, nil
}

// rekey puts other keys in the place of those of a keyring that is in use.
func rekey(ring *memberlist.Keyring, keys [][]byte) error {
	for _, key := range keys {
		if err := ring.AddKey(key); err != nil {
			return fmt.Errorf("%w: %w", ErrKey, err)
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
