package configstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
)

// Bounds of what is stored.
const (
	MaxSnapshot = 4 << 20 // bytes
	MaxEntry    = 1 << 20 // bytes: etcd takes no more in one value
)

var (
	// ErrNotFound says that there is no such snapshot.
	ErrNotFound = errors.New("there is no such snapshot")
	// ErrConflict says that another process has appended first.
	ErrConflict = errors.New("the journal has gone on meanwhile")
	// ErrDamaged says that what is stored is not what was.
	ErrDamaged = errors.New("the store is damaged")
	// ErrWentBack says that the journal is not the one that was read before: entries are gone, or
	// are others. It was restored from a copy, or somebody has removed keys.
	ErrWentBack = errors.New("the journal is another one than before")
	// ErrFull says that there is no room. Nothing was stored, and what was is whole.
	ErrFull = errors.New("the store is full")
	// ErrClosed says that the store was closed.
	ErrClosed = errors.New("the store is closed")
)

// A Store keeps snapshots and a journal, and lets replicas know of each other. It is safe for
// concurrent use. What its methods have returned without an error survives a crash of the machine.
type Store interface {
	Snapshots
	Journal
	Replicas
	// Trouble says why the store can't be used now; nil if it can.
	Trouble() error
	// Close ends it.
	Close() error
}

// Snapshots are configurations, by digest.
type Snapshots interface {
	// Put stores a snapshot and returns its digest. It may be there already.
	Put(ctx context.Context, snapshot []byte) (digest string, err error)
	// Get returns a snapshot that the caller must not change.
	Get(ctx context.Context, digest string) ([]byte, error)
}

// A Journal is entries in order, of which none ever changes.
type Journal interface {
	// Append adds an entry, which is one line of text, as number after+1. The error is ErrConflict
	// if there is one already.
	Append(ctx context.Context, after uint64, entry []byte) error
	// Entries returns the entries after number after, in order. The error is ErrWentBack if those
	// up to that number, which this Journal has returned or appended, are there no more.
	Entries(ctx context.Context, after uint64) ([][]byte, error)
	// Changed returns a channel that is closed when there may be entries or posts that were not
	// there when it was asked for.
	Changed() <-chan struct{}
}

// Replicas are the processes that have one store.
type Replicas interface {
	// Shared says whether there can be others.
	Shared() bool
	// Post tells others something under a name, until the next post of that name or until this
	// process is gone.
	Post(ctx context.Context, name string, data []byte) error
	// Posts returns what every replica has posted last, by name.
	Posts(ctx context.Context) (map[string][]byte, error)
	// Lead calls lead while this process is the one of all replicas that leads, with a context that
	// ends when it is no more. It returns when ctx ends. Entries stay whole even if two lead at
	// once for a moment: one of them gets ErrConflict.
	Lead(ctx context.Context, name string, lead func(context.Context)) error
}

// Digest is the name of a snapshot: the SHA-256 of its bytes, in lower-case hexadecimal.
func Digest(snapshot []byte) string {
	sum := sha256.Sum256(snapshot)
	return hex.EncodeToString(sum[:])
}

// validDigest keeps what clients ask for from being a path.
func validDigest(s string) bool {
	if len(s) != 2*sha256.Size {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
