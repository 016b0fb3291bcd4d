package policy

import "sync"

// Kept are values that outlive plans, such as counters: each is found again by its key, such as the
// name of a route. What several plans in a row did not ask for is forgotten. The zero Kept is
// empty. Its methods may be called from any goroutine.
type Kept[K comparable, V any] struct {
	mu   sync.Mutex
	plan int               // guarded by mu; the number of plans that began
	all  map[K]*keptOne[V] // guarded by mu
}

type keptOne[V any] struct {
	value V
	plan  int // the last one that asked for it
}

// patience is how many plans in a row may do without a value that is kept: a configuration that is
// taken back asks for it again.
const patience = 2

// NextPlan says that the policies of another plan are made next.
func (k *Kept[K, V]) NextPlan() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.plan++
	for key, one := range k.all {
		if one.plan < k.plan-patience {
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
	one.plan = k.plan
	return &one.value
}

// Each calls do for each value, in no order. do must not call methods of the Kept.
func (k *Kept[K, V]) Each(do func(key K, value *V)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for key, one := range k.all {
		do(key, &one.value)
	}
}
