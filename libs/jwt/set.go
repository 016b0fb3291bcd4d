package jwt

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Bounds of a set of keys.
const (
	// MaxSetBytes is how large a set may be.
	MaxSetBytes = 1 << 20
	// MaxKeys is how many keys a set may have.
	MaxKeys = 1000
	// maxTried is how many keys are tried for a token that does not name its key.
	maxTried = 8
	// maxNotes is how many keys that can't be used are told of.
	maxNotes = 8
)

// A Set is the keys of an issuer. It does not change. The zero Set has no key.
type Set struct {
	all     []*Key
	named   map[string][]*Key
	unnamed []*Key
}

// Len is how many keys of the set can be used.
func (s *Set) Len() int { return len(s.all) }

// Options say how a set is read.
type Options struct {
	// Private takes the public halves of keys whose private halves are there too. That is for
	// files, which not everybody can read; an issuer that publishes such a key has lost it.
	Private bool
}

// ParseSet reads a JSON Web Key Set (RFC 7517 section 5). Keys that can't be used are left out: the
// notes say why, one sentence each. It is an error if none is left.
func ParseSet(data []byte, o Options) (s *Set, notes []string, err error) {
	if len(data) > MaxSetBytes {
		return nil, nil, fmt.Errorf("the key set has more than %d bytes", MaxSetBytes)
	}
	doc, err := readObject(data)
	if err != nil {
		return nil, nil, fmt.Errorf("the key set can't be read: %w", err)
	}
	list, ok := doc["keys"].([]any)
	if !ok {
		return nil, nil, errors.New("the key set has no list named keys")
	}
	if len(list) > MaxKeys {
		return nil, nil, fmt.Errorf(
			"the key set has %d keys, and %d are the most", len(list), MaxKeys)
	}
	s = &Set{named: make(map[string][]*Key)}
	var told noteList
	for i, v := range list {
		m, ok := v.(map[string]any)
		if !ok {
			told.add(i, "", errType)
			continue
		}
		if o.Private {
			delete(m, "d")
		}
		k, err := newKey(m)
		if err != nil {
			id, _ := m["kid"].(string)
			told.add(i, id, err)
			continue
		}
		s.add(k)
	}
	s.dropRivals(&told)
	if len(s.all) == 0 {
		return nil, told.all(), errors.New("the key set has no key that can be used")
	}
	return s, told.all(), nil
}

func (s *Set) add(k *Key) {
	if k.id == "" {
		s.unnamed = append(s.unnamed, k)
		s.all = append(s.all, k)
		return
	}
	for _, other := range s.named[k.id] {
		if other.same(k) {
			return
		}
	}
	s.named[k.id] = append(s.named[k.id], k)
	s.all = append(s.all, k)
}

// dropRivals leaves out the keys of one id that fit the same algorithm: which of them is meant is
// left open. Keys of different kinds may share an id (RFC 7517 section 4.5).
func (s *Set) dropRivals(told *noteList) {
	drop := make(map[*Key]bool)
	for _, id := range slices.Sorted(maps.Keys(s.named)) {
		keys, before := s.named[id], len(drop)
		for i, k := range keys {
			for _, other := range keys[i+1:] {
				if k.rivals(other) {
					drop[k], drop[other] = true, true
				}
			}
		}
		if len(drop) > before {
			told.addID(id, "another key has the same kid")
		}
	}
	if len(drop) == 0 {
		return
	}
	left := &Set{named: make(map[string][]*Key)}
	for _, k := range s.all {
		if !drop[k] {
			left.add(k)
		}
	}
	*s = *left
}

// Equal says whether two sets have the same keys, under the same ids and in the same order.
func (s *Set) Equal(other *Set) bool {
	return slices.EqualFunc(s.all, other.all, func(a, b *Key) bool {
		return a.id == b.id && a.same(b)
	})
}

// Verify checks the signature of a token. The error is an Error; of ErrUnknownKey a set that was
// fetched anew may know more.
func (s *Set) Verify(t *Token) error {
	keys, err := s.candidates(t)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if t.algorithm.verify(k, t.signed, t.signature) {
			return nil
		}
	}
	return ErrSignature
}

// candidates are the keys that may have signed a token: those it names; else those without a name;
// for a token that names none, all of them.
func (s *Set) candidates(t *Token) (keys []*Key, err error) {
	if t.none {
		return nil, ErrNone
	}
	if t.algorithm == 0 {
		return nil, ErrAlgorithm
	}
	among := s.all
	if t.keyID != "" {
		if among = s.named[t.keyID]; len(among) == 0 {
			among = s.unnamed
		}
		if len(among) == 0 {
			return nil, ErrUnknownKey
		}
	}
	for _, k := range among {
		if k.fits(t.algorithm) {
			keys = append(keys, k)
		}
	}
	switch {
	case len(keys) == 0:
		return nil, ErrKeyFit
	case len(keys) > maxTried:
		return nil, ErrManyKeys
	}
	return keys, nil
}

// A noteList is why keys were left out.
type noteList struct {
	texts []string
	more  int
}

func (l *noteList) add(i int, id string, err error) {
	if id == "" {
		l.say(fmt.Sprintf("keys[%d] is not used: %v", i, err))
		return
	}
	l.addID(id, err.Error())
}

func (l *noteList) addID(id, why string) {
	if len(id) > 64 {
		id = id[:64] + "..."
	}
	l.say(fmt.Sprintf("the key %q is not used: %s", id, why))
}

func (l *noteList) say(text string) {
	if len(l.texts) == maxNotes {
		l.more++
		return
	}
	l.texts = append(l.texts, text)
}

func (l *noteList) all() []string {
	if l.more > 0 {
		return append(l.texts, fmt.Sprintf("and %d keys more are not used", l.more))
	}
	return l.texts
}
