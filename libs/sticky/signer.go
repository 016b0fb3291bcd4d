package sticky

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"sync"
	"time"
)

// A value is, in base64: until when it holds, in seconds since 1970 (0: for ever); what the
// endpoint is called; and a part of the HMAC-SHA256 of both.
const (
	untilSize = 6
	nameSize  = 8
	macSize   = 16
	size      = untilSize + nameSize + macSize
)

// Length is how long a value is.
const Length = (size*8 + 5) / 6

var encoding = base64.RawURLEncoding.Strict()

// A Signer makes and reads the values for one cluster. It never changes, and may be used by any
// number of goroutines.
type Signer struct {
	ttl    time.Duration
	key    []byte
	names  [][nameSize]byte // of the endpoints
	places map[[nameSize]byte]int
	states sync.Pool // of *state
}

type state struct {
	mac hash.Hash
	sum [sha256.Size]byte
	raw [size]byte
}

// New makes the Signer of a cluster. Values hold for ttl, or for ever if that is 0.
func New(secret []byte, cluster string, endpoints []string, ttl time.Duration) *Signer {
	s := &Signer{
		ttl: ttl, key: derive(secret, "sticky cookie", cluster),
		names:  make([][nameSize]byte, len(endpoints)),
		places: make(map[[nameSize]byte]int, len(endpoints)),
	}
	naming := derive(secret, "sticky endpoint", cluster)
	for i, address := range endpoints {
		mac := hmac.New(sha256.New, naming)
		mac.Write([]byte(address))
		copy(s.names[i][:], mac.Sum(nil))
		s.places[s.names[i]] = i
	}
	s.states.New = func() any { return &state{mac: hmac.New(sha256.New, s.key)} }
	return s
}

// derive makes a key for one purpose and one cluster.
func derive(secret []byte, purpose, cluster string) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(purpose + "\x00" + cluster))
	return mac.Sum(nil)
}

// sign appends what proves that raw was made here, to its first bytes.
func (s *Signer) sign(st *state) {
	st.mac.Reset()
	st.mac.Write(st.raw[:untilSize+nameSize])
	st.mac.Sum(st.sum[:0])
}

// Append appends the value for the endpoint with an index.
func (s *Signer) Append(dst []byte, endpoint int, now time.Time) []byte {
	st := s.states.Get().(*state)
	defer s.states.Put(st)
	var until uint64
	if s.ttl > 0 {
		until = uint64(now.Add(s.ttl).Unix())
	}
	var wide [8]byte
	binary.BigEndian.PutUint64(wide[:], until)
	copy(st.raw[:], wide[8-untilSize:])
	copy(st.raw[untilSize:], s.names[endpoint][:])
	s.sign(st)
	copy(st.raw[untilSize+nameSize:], st.sum[:])
	return encoding.AppendEncode(dst, st.raw[:])
}

// Read returns the index of the endpoint that a value is for, -1 if there is no such endpoint any
// more, and how long the value holds yet, 0 for one that holds for ever. ok is false for a value
// that was not made with the secret, or holds no longer.
func (s *Signer) Read(value []byte, now time.Time) (endpoint int, left time.Duration, ok bool) {
	if len(value) != Length {
		return -1, 0, false
	}
	st := s.states.Get().(*state)
	defer s.states.Put(st)
	if n, err := encoding.Decode(st.raw[:], value); err != nil || n != size {
		return -1, 0, false
	}
	s.sign(st)
	if !hmac.Equal(st.sum[:macSize], st.raw[untilSize+nameSize:]) {
		return -1, 0, false
	}
	var wide [8]byte
	copy(wide[8-untilSize:], st.raw[:untilSize])
	if until := binary.BigEndian.Uint64(wide[:]); until != 0 {
		if left = time.Unix(int64(until), 0).Sub(now); left <= 0 {
			return -1, 0, false
		}
	}
	endpoint, known := s.places[[nameSize]byte(st.raw[untilSize:])]
	if !known {
		endpoint = -1
	}
	return endpoint, left, true
}

// Stale says whether a value that holds for so long yet should be made anew: half of its time is
// over, or it holds longer than those that are made now.
func (s *Signer) Stale(left time.Duration) bool {
	if s.ttl == 0 {
		return left != 0
	}
	return left == 0 || left > s.ttl || left < s.ttl/2
}
