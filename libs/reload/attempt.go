package reload

import (
	"errors"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/config/changes"
)

// An attempt is one reload or rollback while it runs.
type attempt struct {
	machine *Machine
	before  Generation
	began   time.Time
	receipt admin.Receipt
}

func (m *Machine) begin(trigger admin.Trigger) *attempt {
	a := &attempt{machine: m, began: time.Now()}
	a.receipt.Time = a.began.UTC()
	a.receipt.Trigger = trigger
	a.replaces(m.Now())
	return a
}

// replaces notes what is in force when the attempt changes it.
func (a *attempt) replaces(g Generation) {
	a.before = g
	a.receipt.OldDigest = g.Plan.Digest
	a.receipt.NewDigest = g.Plan.Digest
}

// refuse ends an attempt that leaves everything as it was.
func (a *attempt) refuse(reason admin.Reason, err error) admin.Receipt {
	a.receipt.Reason = reason
	a.receipt.Message = a.before.Plan.Veil.Text(err.Error())
	var ps config.Problems
	if errors.As(err, &ps) {
		a.receipt.Problems = ps
		a.receipt.Message = "the configuration has problems; the one in force stays"
	}
	return a.finish(admin.Refused, logrus.ErrorLevel)
}

// unchanged ends an attempt that found nothing to do.
func (a *attempt) unchanged(why string, level logrus.Level) admin.Receipt {
	a.receipt.Reason = admin.ReasonOK
	a.receipt.Message = why
	return a.finish(admin.Unchanged, level)
}

// compare notes how the documents differ.
func (a *attempt) compare(old, doc *config.Document) {
	found := changes.Diff(old, doc)
	rc := &a.receipt
	rc.Listeners, rc.Clusters, rc.Routes, rc.Other = found.Listeners, found.Clusters, found.Routes,
		found.Other
	for _, f := range doc.OtherFiles(old) {
		rc.Other = append(rc.Other, "the contents of "+f)
	}
}

// finish records the receipt, counts it and logs it.
func (a *attempt) finish(result admin.Result, level logrus.Level) admin.Receipt {
	m, rc := a.machine, &a.receipt
	rc.Result = result
	if rc.DurationMS == 0 {
		rc.DurationMS = time.Since(a.began).Seconds() * 1000
	}
	if m.Count != nil {
		m.Count(string(result), string(rc.Reason))
	}
	*rc = m.history.Add(*rc)
	took := time.Duration(rc.DurationMS * float64(time.Millisecond)).Round(100 * time.Microsecond)
	log := m.Log.WithFields(logrus.Fields{
		"id": rc.ID, "trigger": rc.Trigger, "result": result, "reason": rc.Reason,
		"took": took, "digest": short(rc.NewDigest),
	})
	switch result {
	case admin.Refused:
		for _, p := range rc.Problems {
			log.Error(p.String())
		}
	case admin.Applied, admin.RolledBack:
		log = log.WithField("streams_kept", rc.StreamsKept)
	}
	message := "reload: " + string(result)
	if rc.Message != "" {
		message += ": " + rc.Message
	}
	if len(rc.NeedsRestart) > 0 {
		log.Warn("reload: changes to " + strings.Join(rc.NeedsRestart, ", ") + " need a restart")
	}
	if rc.Trigger == admin.ByTrial {
		level = logrus.WarnLevel
	}
	log.Log(level, message)
	return *rc
}

// short is as much of a digest as people compare.
func short(digest string) string { return digest[:min(len(digest), 12)] }
