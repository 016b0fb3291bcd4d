package differ

import (
	"bytes"
	"strconv"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

// A Difference is one thing in which two answers differ. Its values are short, and no secrets; nil
// is for what is absent.
type Difference struct {
	Part metrics.MirrorPart
	// At is a field's name, or a JSON pointer into the body; "" is all of it.
	At              string
	Primary, Mirror *string
}

// Shown is how many differences of one pair of answers are told; the others are counted.
const Shown = 32

// A Report is what differs between two answers.
type Report struct {
	Result      metrics.MirrorComparison
	Differences []Difference
	// Counts are how many there are of each part, also of those that are not told.
	Counts [metrics.MirrorParts]int
}

func (r *Report) add(part metrics.MirrorPart, at string, primary, mirror *string) {
	r.Counts[part]++
	if len(r.Differences) < Shown {
		r.Differences = append(r.Differences,
			Difference{part, clip(at, mostPointer), primary, mirror})
	}
}

// Compare compares the answer to a request with that to its copy.
func (r *Rules) Compare(primary, mirror *Answer) *Report {
	out := new(Report)
	switch {
	case primary.Status == 0 || !primary.Whole:
		out.Result = metrics.ComparedNoResponse
		return out
	case mirror.Status == 0 || !mirror.Whole && !mirror.Long:
		out.Result = metrics.ComparedNoMirror
		return out
	}
	if r.status {
		if primary.Status != mirror.Status {
			out.add(metrics.PartStatus, "", plain(strconv.Itoa(primary.Status)),
				plain(strconv.Itoa(mirror.Status)))
		}
		if primary.call != mirror.call {
			out.add(metrics.PartStatus, "grpc-status", primary.call.shown("grpc-status"),
				mirror.call.shown("grpc-status"))
		}
	}
	for i, name := range r.headers {
		if p, m := primary.fields[i], mirror.fields[i]; p != m {
			out.add(metrics.PartHeader, name, p.shown(name), m.shown(name))
		}
	}
	if r.body != config.BodyOff {
		out.Result = r.bodies(out, primary, mirror)
	}
	if len(out.Differences) > 0 {
		out.Result = metrics.ComparedDifferent
	}
	return out
}

// bodies compares two bodies. The result is ComparedSame, or why they could not be compared.
func (r *Rules) bodies(out *Report, primary, mirror *Answer) metrics.MirrorComparison {
	if primary.Long || mirror.Long {
		return metrics.ComparedTooLong
	}
	p, why := decode(primary.coding, primary.Body, r.most)
	if why != metrics.ComparedSame {
		return why
	}
	m, why := decode(mirror.coding, mirror.Body, r.most)
	if why != metrics.ComparedSame {
		return why
	}
	if bytes.Equal(p, m) {
		return metrics.ComparedSame
	}
	if r.body == config.BodyExact {
		at := 0
		for at < min(len(p), len(m)) && p[at] == m[at] {
			at++
		}
		out.add(metrics.PartBody, "", from(p, at), from(m, at))
		return metrics.ComparedSame
	}
	return r.values(out, p, m)
}

// from tells of a body that differs from a byte on. What is in it is not told: nobody knows which
// part of it is a secret.
func from(body []byte, at int) *string {
	return plain(strconv.Itoa(len(body)) + " bytes, other from byte " + strconv.Itoa(at) + " on")
}
