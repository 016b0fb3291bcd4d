package reload

import "github.com/sirupsen/logrus"

// Warn logs what of a generation that is in force now is not as its document says: parts that went
// stale, and what is done without them. What it says and is hardly meant to is logged too.
func Warn(log *logrus.Logger, g Generation) {
	for _, p := range g.Source.Document.Warnings() {
		log.Warn(p.String())
	}
	for _, p := range g.Source.Document.Cautions() {
		log.Warn(p.String())
	}
	for _, n := range g.Plan.Notes {
		log.Warn(n.Text)
	}
}
