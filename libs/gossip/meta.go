package gossip

import (
	"errors"
	"fmt"

	"github.com/hashicorp/memberlist"
)

// Info is what a node says of itself to all others.
type Info struct {
	Role    string // edge, relay, healthagg
	Version string // of the program
	Digest  string // of the configuration in force
}

// maxInfo is how long each of them may be. All of them fit in what memberlist allows.
const maxInfo = 128

// maxMeta is memberlist's limit.
const maxMeta = memberlist.MetaMaxSize

var errMeta = errors.New("it says of itself what no node of ours says")

func (i *Info) check() error {
	for what, s := range map[string]string{"role": i.Role, "version": i.Version, "digest": i.Digest} {
		if len(s) > maxInfo || !validText(s) {
			return fmt.Errorf("the %s of this node is not a text of at most %d bytes", what, maxInfo)
		}
	}
	return nil
}

func (i *Info) encode() []byte {
	b := []byte{version}
	for _, s := range [...]string{i.Role, i.Version, i.Digest} {
		b = appendText(b, s)
	}
	return b
}

// decodeInfo reads what another node says of itself. What a later version of this
// program says is not understood, and no reason to keep it out.
func decodeInfo(b []byte) (i Info, err error) {
	if len(b) == 0 || len(b) > maxMeta {
		return Info{}, errMeta
	}
	if b[0] != version {
		return Info{}, nil
	}
	r := reader{b: b[1:]}
	i = Info{Role: r.text(), Version: r.text(), Digest: r.text()}
	if r.failed || len(r.b) > 0 || i.check() != nil {
		return Info{}, errMeta
	}
	return i, nil
}
