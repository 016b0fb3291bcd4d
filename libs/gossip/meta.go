package gossip

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/memberlist"
)

// Info is what a node says of itself to all others.
type Info struct {
	Role    string // edge, relay, healthagg
	Version string // of the program
	Digest  string // of the document in force
	// SnapshotDigest is that of the snapshot of config-sync that the document comes from; "": it
	// is a file of the node's own.
	SnapshotDigest string
	// SharedDigest is that of the document without what a node has for itself alone; "": unknown.
	SharedDigest string
}

// maxInfo is how long a role or a version may be, and maxDigest each digest. All of them fit in
// what memberlist allows.
const (
	maxInfo   = 120
	maxDigest = 80
)

// maxMeta is memberlist's limit.
const maxMeta = memberlist.MetaMaxSize

var errMeta = errors.New("it says of itself what no node of ours says")

func (i *Info) check() error {
	for what, s := range map[string]string{
		"role": i.Role, "version": i.Version,
		"digest": i.Digest, "snapshot digest": i.SnapshotDigest, "shared digest": i.SharedDigest,
	} {
		most := maxInfo
		if strings.HasSuffix(what, "digest") {
			most = maxDigest
		}
		if len(s) > most || !validText(s) {
			return fmt.Errorf("the %s of this node is not a text of at most %d bytes", what, most)
		}
	}
	return nil
}

// meta is what memberlist tells the others of a node.
type meta struct {
	Info
	// life is the incarnation that the node's reports have now. Those of another one are
	// of a life before: the others may still hold them when the node is back already.
	// 0 is not known, and any.
	life uint64
}

func (m *meta) encode() []byte {
	b := []byte{version}
	for _, s := range [...]string{m.Role, m.Version, m.Digest} {
		b = appendText(b, s)
	}
	b = binary.AppendUvarint(b, m.life)
	if m.SnapshotDigest != "" || m.SharedDigest != "" {
		b = appendText(b, m.SnapshotDigest)
	}
	if m.SharedDigest != "" {
		b = appendText(b, m.SharedDigest)
	}
	return b
}

// decodeMeta reads what another node says of itself. What a later version of this
// program says is not understood, and no reason to keep it out.
func decodeMeta(b []byte) (m meta, err error) {
	if len(b) == 0 || len(b) > maxMeta {
		return meta{}, errMeta
	}
	if b[0] != version {
		return meta{}, nil
	}
	r := reader{b: b[1:]}
	m = meta{
		Info: Info{Role: r.text(), Version: r.text(), Digest: r.text()}, life: r.uvarint(maxNumber),
	}
	if len(r.b) > 0 && !r.failed {
		m.SnapshotDigest = r.text()
		if len(r.b) > 0 {
			m.SharedDigest = r.text()
			r.failed = r.failed || m.SharedDigest == ""
		} else {
			r.failed = r.failed || m.SnapshotDigest == ""
		}
	}
	if r.failed || len(r.b) > 0 || m.check() != nil {
		return meta{}, errMeta
	}
	return m, nil
}
