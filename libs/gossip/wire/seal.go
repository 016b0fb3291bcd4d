package wire

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
)

// ErrStranger is what Open returns for what no key decrypts.
var ErrStranger = errors.New("no key of this node decrypts it")

const (
	// sealVersion is memberlist's version 1: AES-GCM without padding. Its version 0, with
	// padding, is written by no node of ours and not read: a padding that is longer than the
	// message ends a program that trusts it.
	sealVersion = 1
	nonceSize   = 12
	tagSize     = 16
	// Overhead is how many bytes Seal adds.
	Overhead = 1 + nonceSize + tagSize
)

// Keys encrypt and decrypt. The first one encrypts, all of them decrypt. They may change while
// they are used.
type Keys struct {
	all atomic.Pointer[[]cipher.AEAD]
}

// NewKeys returns keys of 16, 24 or 32 bytes.
func NewKeys(keys [][]byte) (*Keys, error) {
	k := &Keys{}
	return k, k.Set(keys)
}

// Set puts these keys in the place of those before. With an error nothing has changed.
func (k *Keys) Set(keys [][]byte) error {
	if len(keys) == 0 {
		return errors.New("there is no key")
	}
	all := make([]cipher.AEAD, 0, len(keys))
	for _, key := range keys {
		block, err := aes.NewCipher(key)
		if err != nil {
			return fmt.Errorf("a key: it has %d bytes; a key has 16, 24 or 32", len(key))
		}
		sealer, err := cipher.NewGCM(block)
		if err != nil {
			return fmt.Errorf("a key: %w", err)
		}
		all = append(all, sealer)
	}
	k.all.Store(&all)
	return nil
}

// Count is how many keys there are.
func (k *Keys) Count() int { return len(*k.all.Load()) }

// Seal appends an encrypted message to a slice. What is extra is not sent, and has to be the
// same where it is opened.
func (k *Keys) Seal(to, message, extra []byte) []byte {
	to = append(to, sealVersion)
	nonce := len(to)
	to = append(to, make([]byte, nonceSize)...)
	_, _ = rand.Read(to[nonce:]) // it never fails
	return (*k.all.Load())[0].Seal(to, to[nonce:], message, extra)
}

// Open decrypts what Seal has made, in a slice of its own. It returns ErrStranger where no key
// fits, and another error where a key fits and the form is one that no node of ours sends.
func (k *Keys) Open(sealed, extra []byte) ([]byte, error) {
	if len(sealed) < Overhead || sealed[0] > sealVersion {
		return nil, ErrStranger
	}
	nonce, body := sealed[1:1+nonceSize], sealed[1+nonceSize:]
	for _, opener := range *k.all.Load() {
		message, err := opener.Open(make([]byte, 0, len(body)), nonce, body, extra)
		switch {
		case err != nil:
			continue
		case sealed[0] != sealVersion:
			return nil, fmt.Errorf("%w: a version of encryption that is not in use", ErrForm)
		case len(message) == 0:
			return nil, fmt.Errorf("%w: an empty message", ErrForm)
		}
		return message, nil
	}
	return nil, ErrStranger
}

const (
	// headSize is what stands before an encrypted message on a connection: its kind, and how
	// long it is.
	headSize = 5
	sealed   = 10 // memberlist's encryptMsg
)

// SealStream returns a message as it is sent on a connection.
func (k *Keys) SealStream(message []byte) []byte {
	b := make([]byte, headSize, headSize+Overhead+len(message))
	b[0] = sealed
	binary.BigEndian.PutUint32(b[1:], uint32(Overhead+len(message)))
	return k.Seal(b, message, b[:headSize:headSize])
}
