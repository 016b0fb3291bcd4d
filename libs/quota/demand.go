package quota

import (
	"time"

	"github.com/gatewayhomebrew/gateway/libs/policy/ratelimit"
	limits "github.com/gatewayhomebrew/gateway/libs/ratelimit"
	"github.com/gatewayhomebrew/gateway/libs/shares"
)

// use is a limit that is in use here.
type use struct {
	shared          *ratelimit.Shared
	limit           limits.Limit
	passed, refused uint64 // at the last look
	when            time.Duration
	demand          float64 // of the whole limit
}

// Times over which demand is smoothed: smooth, and more for limits of which few requests come, but
// no more than smoothShort where some are refused.
const (
	smooth      = time.Second
	smoothShort = 5 * time.Second
	smoothMost  = time.Minute
)

// look finds out what requests have asked for since the last look, and says whether some were
// refused.
func (u *use) look(now time.Duration, passed, refused uint64) (short bool) {
	passedNow, refusedNow := passed-u.passed, refused-u.refused
	took := now - u.when
	u.passed, u.refused, u.when = passed, refused, now
	if took <= 0 {
		return refusedNow > 0
	}
	rate := float64(passedNow+refusedNow) / took.Seconds() / u.limit.PerSecond()
	over := min(max(smooth, 3*u.limit.Per/time.Duration(u.limit.Requests)), smoothMost)
	if refusedNow > 0 {
		over = min(over, smoothShort)
	}
	u.demand += (rate - u.demand) * took.Seconds() / (took + over).Seconds()
	return refusedNow > 0
}

// wants is the demand as others are told of it.
func (u *use) wants() uint32 { return uint32(min(u.demand, 1) * shares.Whole) }
