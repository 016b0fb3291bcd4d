package configstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// behaves holds a store to what Store promises.
func behaves(t *testing.T, open func(t *testing.T) Store) {
	t.Run("snapshots come back by digest", func(t *testing.T) {
		t.Parallel()
		s, ctx := open(t), deadline(t)
		for _, data := range [][]byte{
			[]byte("version: 1\n"), {}, bytes.Repeat([]byte("0123456789abcdef"), MaxSnapshot/16),
		} {
			digest, err := s.Put(ctx, data)
			if err != nil || digest != Digest(data) {
				t.Fatalf("%s, %v", digest, err)
			}
			if again, err := s.Put(ctx, data); err != nil || again != digest {
				t.Errorf("once more: %s, %v", again, err)
			}
			if got, err := s.Get(ctx, digest); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%d bytes came back as %d, %v", len(data), len(got), err)
			}
		}
		for _, digest := range []string{
			"", Digest([]byte("another")), "../journal", strings.Repeat("A", 64),
		} {
			if _, err := s.Get(ctx, digest); !errors.Is(err, ErrNotFound) {
				t.Errorf("%q: %v", digest, err)
			}
		}
		if _, err := s.Put(ctx, make([]byte, MaxSnapshot+1)); err == nil {
			t.Error("a snapshot over the limit was stored")
		}
	})
	t.Run("entries stay in order", func(t *testing.T) {
		t.Parallel()
		s, ctx := open(t), deadline(t)
		for i := range 5 {
			if err := s.Append(ctx, uint64(i), fmt.Appendf(nil, `{"entry":%d}`, i+1)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Append(ctx, 4, []byte("late")); !errors.Is(err, ErrConflict) {
			t.Errorf("after one that is not the last: %v", err)
		}
		if err := s.Append(ctx, 9, []byte("early")); !errors.Is(err, ErrConflict) {
			t.Errorf("after one that is not there: %v", err)
		}
		for _, bad := range [][]byte{[]byte("two\nlines"), make([]byte, MaxEntry+1)} {
			if err := s.Append(ctx, 5, bad); err == nil || errors.Is(err, ErrConflict) {
				t.Errorf("a bad entry: %v", err)
			}
		}
		got, err := s.Entries(ctx, 3)
		if err != nil || len(got) != 2 || string(got[0]) != `{"entry":4}` ||
			string(got[1]) != `{"entry":5}` {
			t.Errorf("%q, %v", got, err)
		}
		if got, err := s.Entries(ctx, 5); err != nil || len(got) != 0 {
			t.Errorf("after the last: %q, %v", got, err)
		}
	})
	t.Run("one of many writers wins", func(t *testing.T) {
		t.Parallel()
		s, ctx := open(t), deadline(t)
		var group sync.WaitGroup
		won := make(chan int, 16)
		for i := range 16 {
			group.Go(func() {
				switch err := s.Append(ctx, 0, fmt.Appendf(nil, "%d", i)); {
				case err == nil:
					won <- i
				case !errors.Is(err, ErrConflict):
					t.Error(err)
				}
			})
		}
		group.Wait()
		if len(won) != 1 {
			t.Fatalf("%d have won", len(won))
		}
		if got, err := s.Entries(ctx, 0); err != nil || len(got) != 1 ||
			string(got[0]) != fmt.Sprint(<-won) {
			t.Errorf("%q, %v", got, err)
		}
	})
	t.Run("all that wait hear of entries", func(t *testing.T) {
		t.Parallel()
		s, ctx := open(t), deadline(t)
		changed := s.Changed()
		if err := s.Append(ctx, 0, []byte("one")); err != nil {
			t.Fatal(err)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Error("not told")
		}
	})
	t.Run("posts are replaced", func(t *testing.T) {
		t.Parallel()
		s, ctx := open(t), deadline(t)
		for _, data := range []string{"one", "two"} {
			if err := s.Post(ctx, "me", []byte(data)); err != nil {
				t.Fatal(err)
			}
		}
		if posts, err := s.Posts(ctx); err != nil || len(posts) != 1 ||
			string(posts["me"]) != "two" {
			t.Errorf("%q, %v", posts, err)
		}
	})
	t.Run("somebody leads until it is over", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		ctx, cancel := context.WithCancel(deadline(t))
		led := make(chan struct{})
		ended := make(chan error, 1)
		var once sync.Once
		go func() {
			ended <- s.Lead(ctx, "me", func(ctx context.Context) {
				once.Do(func() { close(led) })
				<-ctx.Done()
			})
		}()
		<-led
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}
