package recall

import (
	"sync"
	"time"
)

// How much a Memory has of each kind.
const (
	Most      = 4096    // failures
	MostBytes = 4 << 20 // that they take
)

// A Memory has the last failures of an engine: requests or sessions. What clients do wrong has a
// ring of its own, so that a flood of it does not wash away the rest. The zero value is ready. Any
// goroutine may use it.
type Memory[T any] struct {
	mu     sync.Mutex
	others Ring[timed[T]] // guarded by mu
	theirs Ring[timed[T]] // guarded by mu; of clients
}

type timed[T any] struct {
	ended time.Time
	value T
}

// Add remembers a failure, of about size bytes. Theirs says that a client has brought it about,
// and can do so as often as it likes. The ID is one that Find is asked for.
func (m *Memory[T]) Add(id string, ended time.Time, size int, theirs bool, value T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := &m.others
	if theirs {
		r = &m.theirs
	}
	if r.most == 0 {
		*r = New[timed[T]](Most, MostBytes)
	}
	r.Put(id, size, timed[T]{ended, value})
}

// Find is the failure with this ID, if it is among the last. An ID that a client chose may come
// twice; the newest is meant.
func (m *Memory[T]) Find(id string) (value T, found bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, ok := m.others.Find(id); ok {
		return e.value, true
	}
	e, found := m.theirs.Find(id)
	return e.value, found
}

// Last are the newest failures, the newest first, no more than most.
func (m *Memory[T]) Last(most int) (all []T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, b := &m.others, &m.theirs
	for i, j := 0, 0; len(all) < most && (i < a.Len() || j < b.Len()); {
		if j >= b.Len() || i < a.Len() && a.At(i).ended.After(b.At(j).ended) {
			all = append(all, a.At(i).value)
			i++
		} else {
			all = append(all, b.At(j).value)
			j++
		}
	}
	return all
}
