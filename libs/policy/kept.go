package policy

import (
	"slices"
	"sync"
)

// Kept are values that outlive plans, such as counters: each is found again by its key, such as the
// name of a route. What several plans in a row did not ask for is forgotten, but never what the
// plan in force has. The zero Kept is empty. Its methods may be called from any goroutine.
//
// A plan that is made is not in force yet, and may never be: a configuration can be refused after
// its policies were made. So plans have numbers, and InForce says which one serves.
type Kept[K comparable, V any] struct {
	mu   sync.Mutex
	plan int               // guarded by mu; the last plan that began
	live [patience + 1]int // guarded by mu; the plans that served last, the newest first; 0: none
	all  map[K]*keptOne[V] // guarded by mu
}

type keptOne[V any] struct {
	value V
	plans []int // that asked for it
}

// patience is how many plans in a row may do without a value that is kept: a configuration that is
// taken back asks for it again.
const patience = 2

// NextPlan says that the policies of another plan are made next, and what its number is: a higher
// one than those of all plans before it, from 1 on.
func (k *Kept[K, V]) NextPlan(plan int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.plan = plan
	k.forget()
}

// InForce says that a plan serves from now on: the one that began last, or one of those before it.
func (k *Kept[K, V]) InForce(plan int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	next := [patience + 1]int{plan}
	n := 1
	for _, other := range k.live {
		if other != plan && n < len(next) {
			next[n] = other
			n++
		}
	}
	k.live = next
	k.forget()
}

// forget forgets the values that none of the last plans asked for, whether they were made or
// served. k.mu is held.
func (k *Kept[K, V]) forget() {
	for key, one := range k.all {
		one.plans = slices.DeleteFunc(one.plans, func(plan int) bool {
			return plan < k.plan-patience && !slices.Contains(k.live[:], plan)
		})
		if len(one.plans) == 0 {
			delete(k.all, key)
		}
	}
}

// Of returns the value of a key, which is V's zero value when it is new. It stays where it is.
func (k *Kept[K, V]) Of(key K) *V {
	k.mu.Lock()
	defer k.mu.Unlock()
	one := k.all[key]
	if one == nil {
		if k.all == nil {
			k.all = make(map[K]*keptOne[V])
		}
		one = new(keptOne[V])
		k.all[key] = one
	}
	if n := len(one.plans); n == 0 || one.plans[n-1] != k.plan {
		one.plans = append(one.plans, k.plan)
	}
	return &one.value
}

// Each calls do for each value, in no order, but for those of plans that never served. Where none
// ever did, it is all of them. do must not call methods of the Kept.
func (k *Kept[K, V]) Each(do func(key K, value *V)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for key, one := range k.all {
		if k.live[0] == 0 || slices.ContainsFunc(one.plans, func(plan int) bool {
			return slices.Contains(k.live[:], plan)
		}) {
			do(key, &one.value)
		}
	}
}
