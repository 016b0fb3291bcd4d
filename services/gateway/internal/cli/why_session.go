package cli

import (
	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

// printSession tells of a session of the relay.
func (a *app) printSession(e admin.Explanation) {
	line := a.whyLine
	a.out.Printf("%s session to listener %s\n", e.Protocol, e.Listener)
	line("id", "%s", e.ID)
	line("when", "%s, lasted %s", e.Time.Local().Format("2006-01-02 15:04:05"), ms(e.DurationMS))
	line("from", "%s", e.Client)
	line("route", "%s", e.RouteWhy)
	line("bytes", "%d from the client, %d to it", e.Session.BytesIn, e.Session.BytesOut)
	line("ended", "%s: %s", a.out.Paint(terminal.Red, e.Session.CloseReason), e.Message)
	line("cause", "%s", e.Cause)
	line("what to do", "%s", e.Hint)
	if e.Node != "" {
		line("node", "%s", e.Node)
	}
	if len(e.Attempts) > 0 {
		a.printAttempts(e.Attempts)
	}
	a.printWeights(e)
}
