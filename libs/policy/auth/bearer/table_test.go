package bearer

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/jwt"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

func known(n int, bytes int64) *entry {
	return &entry{
		sum: sha256.Sum256(fmt.Append(nil, n)), identity: &policy.Identity{}, bytes: bytes,
	}
}

func TestEntriesAreTrueForAWhile(t *testing.T) {
	table, one, two := newTable(), new(jwt.Set), new(jwt.Set)
	e := known(1, 1)
	e.keys, e.until = one, now.Add(time.Minute)
	table.put(e, now)
	for name, tc := range map[string]struct {
		at   time.Duration
		keys *jwt.Set
		want bool
	}{
		"now": {0, one, true}, "later": {59 * time.Second, one, true},
	} {
		if got := table.get(&e.sum, now.Add(tc.at), tc.keys); (got == e) != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if table.get(&e.sum, now.Add(time.Minute), one) != nil || table.bytes.Load() != 0 {
		t.Error("what is over is there still")
	}
	said := known(2, 0) // by a server, whatever keys the issuer has
	table.put(said, now)
	if table.get(&said.sum, now, one) != said || table.get(&said.sum, now, nil) != said {
		t.Error("what a server said is not there")
	}
	table.put(e, now)
	if table.get(&e.sum, now, two) != nil || table.bytes.Load() != 0 {
		t.Error("what another key was for is there still")
	}
}

func TestATableIsBounded(t *testing.T) {
	table := newTable()
	for i := range 3 * ways * rows {
		table.put(known(i, 100), now)
	}
	count, bytes := 0, int64(0)
	for i := range table.rows {
		for j := range table.rows[i] {
			if e := table.rows[i][j].Load(); e != nil {
				count, bytes = count+1, bytes+e.bytes
			}
		}
	}
	if count < ways*rows*9/10 || bytes != table.bytes.Load() {
		t.Errorf("%d entries with %d bytes, and %d were counted", count, bytes, table.bytes.Load())
	}
	for i := range 5000 { // of 100 KB
		table.put(known(-i, 100<<10), now)
		if n := table.bytes.Load(); n > maxKept {
			t.Fatalf("%d bytes are kept", n)
		}
	}
}

func TestWhatIsUsedStays(t *testing.T) {
	table := newTable()
	old, others := known(0, 1), 0
	table.put(old, now)
	for i := 1; others < 20; i++ {
		e := known(i, 1)
		if table.row(&e.sum) != table.row(&old.sum) {
			continue
		}
		others++
		at := now.Add(time.Duration(others) * time.Second)
		if table.get(&old.sum, at, nil) != old {
			t.Fatalf("it is gone after %d others", others-1)
		}
		table.put(e, at.Add(-time.Second))
	}
}

func TestManyUseATable(t *testing.T) {
	table := newTable()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := range 20_000 {
				e := known(i%100, 10)
				if got := table.get(&e.sum, now, nil); got != nil && got.sum != e.sum {
					t.Error("another entry")
				}
				table.put(e, now)
			}
		})
	}
	group.Wait()
	bytes := int64(0)
	for i := range table.rows {
		for j := range table.rows[i] {
			if e := table.rows[i][j].Load(); e != nil {
				bytes += e.bytes
			}
		}
	}
	if bytes != table.bytes.Load() {
		t.Errorf("%d bytes, and %d were counted", bytes, table.bytes.Load())
	}
}
