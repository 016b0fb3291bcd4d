package configstore

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// A mark is an entry of the journal that a caller knows of.
type mark struct {
	number uint64
	sum    [sha256.Size]byte
}

func (e *etcd) remember(number uint64, entry []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seen = mark{number, sha256.Sum256(entry)}
}

// pageSize is how many entries are asked for at once.
const pageSize = 500

func (e *etcd) Entries(ctx context.Context, after uint64) ([][]byte, error) {
	if err := e.stands(ctx, after); err != nil {
		return nil, err
	}
	var entries [][]byte
	for {
		var page *clientv3.GetResponse
		if err := e.call(ctx, "read the journal", func(ctx context.Context) (err error) {
			page, err = e.client.Get(ctx, e.entryKey(after+1),
				clientv3.WithRange(clientv3.GetPrefixRangeEnd(e.prefix+"journal/")),
				clientv3.WithLimit(pageSize))
			return err
		}); err != nil {
			return nil, err
		}
		for _, kv := range page.Kvs {
			after++
			if string(kv.Key) != e.entryKey(after) {
				return nil, fmt.Errorf("%w: entry %d of the journal is missing", ErrDamaged, after)
			}
			entries = append(entries, kv.Value)
		}
		if !page.More {
			if n := len(entries); n > 0 {
				e.remember(after, entries[n-1])
			}
			return entries, nil
		}
	}
}

// stands asks whether the journal up to a number is the one that the caller knows. An etcd that was
// restored from a copy tells nobody of it, and neither its watches nor its errors do.
func (e *etcd) stands(ctx context.Context, number uint64) error {
	e.mu.Lock()
	seen := e.seen
	e.mu.Unlock()
	if number == 0 || seen.number != number {
		return nil
	}
	var last, all *clientv3.GetResponse
	if err := e.call(ctx, "read the journal", func(ctx context.Context) error {
		got, err := e.client.Txn(ctx).Then(
			clientv3.OpGet(e.entryKey(number)),
			clientv3.OpGet(e.prefix+"journal/", clientv3.WithRange(e.entryKey(number+1)),
				clientv3.WithCountOnly()),
		).Commit()
		if err == nil {
			last = (*clientv3.GetResponse)(got.Responses[0].GetResponseRange())
			all = (*clientv3.GetResponse)(got.Responses[1].GetResponseRange())
		}
		return err
	}); err != nil {
		return err
	}
	switch {
	case uint64(all.Count) != number:
		e.renew()
		return fmt.Errorf("%w: %d of its first %d entries are there", ErrWentBack, all.Count,
			number)
	case len(last.Kvs) != 1 || sha256.Sum256(last.Kvs[0].Value) != seen.sum:
		e.renew()
		return fmt.Errorf("%w: entry %d has another text", ErrWentBack, number)
	}
	return nil
}

// renew forgets what is known of an etcd that is another one now. Its revisions may be lower than
// those that the watch waits for.
func (e *etcd) renew() {
	e.mu.Lock()
	defer e.mu.Unlock()
	clear(e.known)
	if e.rewatch != nil {
		e.rewatch()
	}
}

// forget drops snapshots that were removed.
func (e *etcd) forget(events []*clientv3.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, ev := range events {
		if ev.Type != clientv3.EventTypeDelete {
			continue
		}
		name, ok := strings.CutPrefix(string(ev.Kv.Key), e.prefix+"snapshots/")
		if ok {
			digest, _, _ := strings.Cut(name, "/")
			delete(e.known, digest)
		}
	}
}

func (e *etcd) Changed() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.changed
}

// watch wakes all that wait, when a key has changed, and once after every gap.
func (e *etcd) watch(ctx context.Context) {
	for ctx.Err() == nil {
		own, cancel := context.WithCancel(ctx)
		e.mu.Lock()
		e.rewatch = cancel
		e.mu.Unlock()
		events := e.client.Watch(clientv3.WithRequireLeader(own), e.prefix, clientv3.WithPrefix(),
			clientv3.WithKeysOnly())
		e.wake()
		for response := range events {
			if err := response.Err(); err != nil && own.Err() == nil {
				err = fmt.Errorf("etcd: watch: %w", err)
				e.trouble.Store(&err)
				break
			}
			e.forget(response.Events)
			e.wake()
		}
		cancel()
		select {
		case <-ctx.Done():
		case <-time.After(250 * time.Millisecond): // what has failed at once would do so again
		}
	}
}
