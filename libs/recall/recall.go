// Package recall remembers the last things that went wrong, so that an operator can ask for one of
// them by its ID. A Memory is what an engine has; it is made of Rings, each of which holds as many
// as there is room for, by number and by bytes: what strangers can bring about costs no more memory
// the more often they do it.
package recall

// A Ring has the last values that were put in. To add one costs the same however many come. The
// zero value holds nothing; New makes one. It is for one goroutine at a time.
type Ring[T any] struct {
	entries   []entry[T]
	first     int // the oldest
	count     int
	bytes     int
	most      int // values
	mostBytes int
}

type entry[T any] struct {
	id    string
	size  int
	value T
}

// New is a ring for most values, which together have no more than so many bytes. Its memory is
// taken with the first value.
func New[T any](most, bytes int) Ring[T] { return Ring[T]{most: most, mostBytes: bytes} }

// Put adds a value, of about size bytes, and forgets the oldest ones that there is no room for any
// more. The newest is always kept, whatever its size.
func (r *Ring[T]) Put(id string, size int, value T) {
	if r.most <= 0 {
		return
	}
	if r.entries == nil {
		r.entries = make([]entry[T], r.most)
	}
	for r.count == len(r.entries) || r.count > 0 && r.bytes+size > r.mostBytes {
		r.bytes -= r.entries[r.first].size
		r.entries[r.first] = entry[T]{}
		r.first = (r.first + 1) % len(r.entries)
		r.count--
	}
	r.entries[(r.first+r.count)%len(r.entries)] = entry[T]{id, size, value}
	r.count++
	r.bytes += size
}

// Len is how many values it has.
func (r *Ring[T]) Len() int { return r.count }

// Bytes is what they take, by what Put was told.
func (r *Ring[T]) Bytes() int { return r.bytes }

// At is the i-th value, of which 0 is the newest. It panics where there is none.
func (r *Ring[T]) At(i int) T { return r.at(i).value }

func (r *Ring[T]) at(i int) *entry[T] {
	if i < 0 || i >= r.count {
		panic("recall: there is no such value")
	}
	return &r.entries[(r.first+r.count-1-i)%len(r.entries)]
}

// Find is the newest value with this ID.
func (r *Ring[T]) Find(id string) (value T, found bool) {
	for i := range r.count {
		if e := r.at(i); e.id == id {
			return e.value, true
		}
	}
	return value, false
}
