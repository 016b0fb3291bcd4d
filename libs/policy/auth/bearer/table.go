package bearer

import (
	"crypto/sha256"
	"encoding/binary"
	"sync/atomic"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/jwt"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// Bounds of a table.
const (
	ways    = 4
	rows    = 4096
	maxKept = 64 << 20 // bytes, as weight has them
)

// An entry is what is known of a token.
type entry struct {
	sum      [sha256.Size]byte // of the token
	identity *policy.Identity  // nil: it does not count
	keys     *jwt.Set          // that it was checked with, nil for what the server said
	until    time.Time         // when it is not true any more, zero for never
	bytes    int64

	used atomic.Int64 // when, about, in seconds since 1970
}

// weight is about how much memory what is known of a token takes, by its length.
func weight(n int) int64 { return 1024 + 6*int64(n) }

// over says that the entry is not true any more: its time has come, or the issuer has other keys,
// of which the one that the token was signed by may not be one.
func (e *entry) over(now time.Time, keys *jwt.Set) bool {
	return e.keys != nil && e.keys != keys || !e.until.IsZero() && !now.Before(e.until)
}

// A table remembers tokens. Nobody waits for it: a row holds a few pointers, which are read and
// replaced one by one. It has a bounded number of entries and bytes, and what was not used for the
// longest time in its row gives way.
type table struct {
	rows  []row
	bytes atomic.Int64
	hand  atomic.Uint64 // the row that gives way next where there are too many bytes
}

type row [ways]atomic.Pointer[entry]

func newTable() *table { return &table{rows: make([]row, rows)} }

func (t *table) row(sum *[sha256.Size]byte) *row {
	return &t.rows[binary.LittleEndian.Uint64(sum[:])%rows]
}

// get returns what is known of a token, nil for nothing.
func (t *table) get(sum *[sha256.Size]byte, now time.Time, keys *jwt.Set) *entry {
	r := t.row(sum)
	for i := range r {
		e := r[i].Load()
		if e == nil || e.sum != *sum {
			continue
		}
		if e.over(now, keys) {
			t.drop(&r[i], e)
			return nil
		}
		if s := now.Unix(); e.used.Load() != s {
			e.used.Store(s)
		}
		return e
	}
	return nil
}

// put remembers an entry.
func (t *table) put(e *entry, now time.Time) {
	e.used.Store(now.Unix())
	for range 64 { // rows, at most, so that one request does not do the work of all
		if t.bytes.Load()+e.bytes <= maxKept {
			break
		}
		r := &t.rows[t.hand.Add(1)%rows]
		for i := range r {
			if old := r[i].Load(); old != nil {
				t.drop(&r[i], old)
			}
		}
	}
	if t.bytes.Load()+e.bytes > maxKept {
		return
	}
	r := t.row(&e.sum)
	victim := &r[0]
	var last *entry
	for i := range r {
		old := r[i].Load()
		if old == nil || old.sum == e.sum || old.over(now, e.keys) {
			victim, last = &r[i], old
			break
		}
		if last == nil || old.used.Load() < last.used.Load() {
			victim, last = &r[i], old
		}
	}
	if victim.CompareAndSwap(last, e) {
		t.bytes.Add(e.bytes)
		if last != nil {
			t.bytes.Add(-last.bytes)
		}
	}
}

func (t *table) drop(at *atomic.Pointer[entry], e *entry) {
	if at.CompareAndSwap(e, nil) {
		t.bytes.Add(-e.bytes)
	}
}
