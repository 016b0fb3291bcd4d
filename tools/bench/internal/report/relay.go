package report

import "github.com/gatewayhomebrew/gateway/tools/bench/internal/rig"

// The names of the rows about the relay.
const (
	RelayPingPong = "relay-pingpong"
	RelayBulk     = "relay-bulk"
	RelaySetUp    = "relay-setup"
)

// The targets of these rows, of the better of nginx and HAProxy.
const (
	pingPongCPU = 1.0  // CPU per round trip
	bulkCPU     = 1.0  // CPU per byte
	bulkRate    = 0.95 // throughput
	setUpRate   = 0.9  // sessions per second
)

// relayTargets are those of one row; none where it is not about the relay.
func relayTargets(row Row) []Target {
	own := row.line(rig.Relay)
	if own == nil || own.CPURatio == nil || own.RateRatio == nil {
		return nil
	}
	rate := func(what string, limit float64) Target {
		t := atLeast(row.Case.Name+": "+what+", of the better rival", *own.RateRatio, limit, "x")
		if t.Finding == Missed && row.held(*own) {
			t.Finding = Unproven
		}
		return t
	}
	cpu := func(what string, limit float64) Target {
		return atMost(row.Case.Name+": "+what+", of the better rival", *own.CPURatio, limit, "x")
	}
	switch row.Case.Name {
	case RelayPingPong:
		return []Target{cpu("CPU per round trip", pingPongCPU)}
	case RelayBulk:
		return []Target{rate("throughput", bulkRate), cpu("CPU per MiB", bulkCPU)}
	case RelaySetUp:
		return []Target{rate("sessions per second", setUpRate)}
	}
	return nil
}
