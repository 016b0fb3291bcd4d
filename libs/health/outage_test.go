package health_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

// outage is a cluster of three whose endpoints are dead for a time, all of them.
type outage struct {
	*trial
	rng     *rand.Rand
	traffic int // requests in a tick
	checks  time.Duration
	from    time.Time
	back    [3]time.Time // when each works again
	asked   [3]time.Time // when each is checked the next time
}

const lasts = 20 * time.Second // the outage, for the one that is back first

func newOutage(traffic int, checks time.Duration, later [3]time.Duration) *outage {
	o := &outage{
		trial: newTrialWith(health.Settings{ActiveInterval: checks}, 1, 1, 1),
		rng:   rand.New(rand.NewPCG(1, 1)), traffic: traffic, checks: checks,
	}
	o.from = o.now.Add(12 * time.Second)
	for i := range o.back {
		o.back[i] = o.from.Add(lasts + later[i])
		o.asked[i] = o.now.Add(time.Duration(i) * checks / 3)
	}
	return o
}

// step lets one tick pass, in which requests go by weight.
func (o *outage) step() {
	result := func(i int) health.Outcome {
		if !o.now.Before(o.from) && o.now.Before(o.back[i]) {
			return health.ConnectFailure
		}
		return health.Success
	}
	weights := o.Weights()
	sum := weights[0] + weights[1] + weights[2]
	for range o.traffic {
		i := 0
		for at := o.rng.IntN(sum); at >= weights[i]; i++ {
			at -= weights[i]
		}
		o.record(i, result(i), 1)
	}
	for i := range o.asked {
		if o.checks > 0 && !o.now.Before(o.asked[i]) {
			o.asked[i] = o.asked[i].Add(o.checks)
			o.Endpoint(i).RecordActive(result(i))
		}
	}
	o.judge()
}

// After an outage of all, each endpoint has its whole weight as soon as it works: the first to be
// back does not carry the others while their windows forget what was nobody's fault.
func TestAfterAnOutageOfAllEachIsBackAtOnce(t *testing.T) {
	t.Parallel()
	type later = [3]time.Duration
	second := time.Second
	turns := later{0, second, 2 * second}
	for what, o := range map[string]*outage{
		"all at once":                   newOutage(40, 0, later{}),
		"one by one":                    newOutage(40, 0, turns),
		"two late":                      newOutage(40, 0, later{0, 3 * second, 3 * second}),
		"few requests":                  newOutage(2, 0, turns),
		"checks only":                   newOutage(0, 2*second, later{}),
		"checks only, one by one":       newOutage(0, second, turns),
		"checks and few requests":       newOutage(1, 2*second, later{}),
		"checks and requests":           newOutage(40, 2*second, later{}),
		"checks and requests, in turns": newOutage(40, second, turns),
	} {
		for o.now.Before(o.back[0]) {
			o.step()
		}
		last := o.back[2]
		for end := last.Add(30 * time.Second); o.now.Before(end); {
			o.step()
			// All have been asked since all of them work: by requests, or twice by checks.
			wait := 2*second + 2*o.checks
			w := o.Weights()
			if o.now.Sub(last) > wait && w[0]+w[1]+w[2] < 300 {
				t.Errorf("%s: %v after all work again the weights are %v", what, o.now.Sub(last), w)
				break
			}
		}
	}
}

// An endpoint that stays dead when the others are back loses its weight for that, and comes back
// in steps where that is long after.
func TestAnEndpointThatStaysDeadAfterAnOutageOfAllIsLeft(t *testing.T) {
	t.Parallel()
	late := 40 * time.Second
	for what, o := range map[string]*outage{
		"requests": newOutage(40, 0, [3]time.Duration{0, 0, late}),
		"checks":   newOutage(0, time.Second, [3]time.Duration{0, 0, late}),
	} {
		for o.now.Before(o.back[0].Add(5 * time.Second)) {
			o.step()
		}
		if w := o.Weights(); w[0] != 100 || w[1] != 100 || w[2] != 1 {
			t.Errorf("%s: with one dead the weights are %v", what, w)
		}
		for o.now.Before(o.back[2]) {
			o.step()
		}
		steps := 0
		for end := o.now.Add(30 * time.Second); o.now.Before(end); {
			before := o.Weights()[2]
			if o.step(); o.Weights()[2] > before {
				steps++
			}
		}
		if w := o.Weights()[2]; w != 100 || steps < 5 {
			t.Errorf("%s: it comes back to %d in %d steps", what, w, steps)
		}
	}
}
