// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package shared

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

// counted hands out token-1, token-2, … that live for the given time; zero is without an end.
func counted(life time.Duration) (*Tokens, *int) {
	calls := new(int)
	return NewTokens(func(context.Context) (*oauth2.Token, error) {
		*calls++
		time.Sleep(time.Second)
		token := &oauth2.Token{AccessToken: fmt.Sprint("token-", *calls)}
		if life > 0 {
			token.Expiry = time.Now().Add(life)
		}
		return token, nil
	}), calls
}

func TestTokensAreRenewedBeforeTheyEnd(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name          string
		life          time.Duration
		keeps, renews time.Duration
	}{
		{"two hours", 2 * time.Hour, 2*time.Hour - time.Minute - time.Second, time.Second},
		{"short", time.Minute, 29 * time.Second, time.Second},
		{"for ever", 0, 1000 * time.Hour, 0},
		{"dying", time.Second, 1000 * time.Hour, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tokens, _ := counted(test.life)
				want := func(name string) {
					t.Helper()
					if got, err := tokens.Source(t.Context()).Token(); err != nil || got.AccessToken != name {
						t.Errorf("got %v, %v; want %s", got, err, name)
					}
				}
				want("token-1")
				time.Sleep(test.keeps)
				want("token-1")
				if test.renews > 0 {
					time.Sleep(test.renews)
					want("token-2")
				}
			})
		})
	}
}

func TestTokensDropped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tokens, calls := counted(time.Hour)
		first, err := tokens.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		// All who are refused with the first token ask for one new token, also those who drop it
		// late.
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * 100 * time.Millisecond)
				tokens.Drop(first)
				if got, err := tokens.Token(t.Context()); err != nil || got.AccessToken != "token-2" {
					t.Errorf("got %v, %v; want token-2", got, err)
				}
			})
		}
		wg.Wait()
		if *calls != 2 {
			t.Errorf("%d fetches, want 2", *calls)
		}
	})
}

func TestTokensFail(t *testing.T) {
	t.Parallel()
	failed := errors.New("failed")
	tokens := NewTokens(func(context.Context) (*oauth2.Token, error) { return nil, failed })
	if _, err := tokens.Token(t.Context()); !errors.Is(err, failed) {
		t.Errorf("got %v", err)
	}
	tokens.Drop(&oauth2.Token{})
}
