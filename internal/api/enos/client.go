// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package enos is a client of Envision EnOS, API gateway: which of an organization unit's data an
// application may use (Application Portal). It knows nothing of Terraform.
package enos

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// serviceName is how errors and logs call the service.
const serviceName = "EnOS"

// writeGrace is how long a write in flight may go on after its context has ended, so that its
// outcome is known.
const writeGrace = 800 * time.Millisecond

// Config describes a Client.
type Config struct {
	// Rest holds the knobs that all services share: user agent, TLS, timeouts, retries, quota,
	// concurrency, logger. New sets Service, BaseURL, Authorize and Classify.
	Rest rest.Config
	// GatewayURL is the address of the API gateway, as Help > Environment Information of the
	// console shows it. Required.
	GatewayURL string
	// AccessKey and SecretKey are the service account of the calling application. Required.
	AccessKey, SecretKey string
	// From tells people where the keys come from; "" where there is nothing to tell.
	From string
}

// Client calls one gateway as one service account. It is safe for concurrent use; one is shared by
// everybody in a run, so that there is one token, one quota, and one reading of each application.
type Client struct {
	rest                 *rest.Client
	gateway              string
	accessKey, secretKey string
	from                 string
	tokens               *shared.Tokens
	stamps               stamps
	apps                 shared.Readings[appKey, App]
	authorizations       shared.Readings[appKey, listing]
	writes               shared.Turns[appKey]
	// settle are the waits between the attempts to read back what was written.
	settle []time.Duration
	// renewing is how long a call goes on with other tokens when they are refused one after the
	// other, and pause the first wait between two of them.
	renewing, pause time.Duration
}

// appKey is one application of one organization.
type appKey struct{ orgID, appID string }

// New makes a client. Its errors name what is wrong in the configuration; nothing is sent.
func New(config Config) (*Client, error) {
	switch {
	case config.GatewayURL == "":
		return nil, errors.New("gateway_url is empty")
	case config.AccessKey == "":
		return nil, errors.New("access_key is empty")
	case config.SecretKey == "":
		return nil, errors.New("secret_key is empty")
	}
	gateway, err := rest.CheckURL(config.GatewayURL)
	if err != nil {
		return nil, fmt.Errorf("gateway_url: %w", err)
	}
	wait := cmp.Or(config.Rest.RetryWaitMin, 2500*time.Millisecond)
	c := &Client{
		gateway:   strings.TrimRight(gateway.String(), "/"),
		accessKey: config.AccessKey,
		secretKey: config.SecretKey,
		from:      config.From,
		settle:    []time.Duration{wait / 10, wait / 5, wait * 2 / 5, wait * 4 / 5},
		renewing:  max(24*wait, 2*time.Second), // a minute
		pause:     wait / 25,
	}
	core := config.Rest
	core.Service = serviceName
	core.BaseURL, core.AddressFrom = config.GatewayURL, "gateway_url"
	core.Authorize = c.authorize
	core.Classify = classify
	if c.rest, err = rest.New(core); err != nil {
		return nil, err
	}
	c.tokens = shared.NewTokens(c.getToken)
	return c, nil
}

// Gateway is the address of the gateway that the client calls.
func (c *Client) Gateway() string { return c.gateway }

// AccessKey is that of the service account.
func (c *Client) AccessKey() string { return c.accessKey }

// Send sends a request as it is given, without a token, a signature or a reading of the answer's
// code. With Encryption and Sign it is for who looks at the raw wire.
func (c *Client) Send(ctx context.Context, r rest.Request) error { return c.rest.Do(ctx, r) }

// Encryption is the proof of the secret key at a time in milliseconds: see the function of that
// name.
func (c *Client) Encryption(timestamp string) string {
	return Encryption(c.accessKey, timestamp, c.secretKey)
}

// Sign is the signature of a call: see [Signature].
func (c *Client) Sign(token string, query url.Values, body []byte, timestamp string) string {
	return Signature(token, query, body, timestamp, c.secretKey)
}

type tokenKey struct{}

// call sends a signed request. When the service refuses the token, it gets another one, signs again
// and sends again, as long as that brings another token: a short-lived one may be used up by other
// requests in flight. The same token refused twice, or refusals for a minute, are the end.
func (c *Client) call(ctx context.Context, r rest.Request) error {
	source := c.tokens.Source(ctx)
	var refused time.Time // when the first token was refused
	pause, last, open := time.Duration(0), "", false
	for {
		token, err := source.Token()
		if err != nil {
			err = fmt.Errorf("no access token: %w", err)
		} else {
			err = c.rest.Do(context.WithValue(ctx, tokenKey{}, token), r)
		}
		failed, _ := errors.AsType[*rest.Error](err)
		if failed != nil && open {
			failed.Unanswered, failed.Unsent = true, false // of an attempt before
		}
		if token == nil || !tokenRefused(err) {
			return err
		}
		open = failed.Unanswered
		c.tokens.Drop(token)
		if refused.IsZero() {
			refused = time.Now()
		}
		if token.AccessToken == last || time.Since(refused) > c.renewing {
			return refusedAgain(err)
		}
		select { // the second token is tried at once
		case <-ctx.Done():
			return refusedAgain(err)
		case <-time.After(pause):
		}
		last, pause = token.AccessToken, max(c.pause, 2*pause)
	}
}

// authorize signs every request but those of the token service.
func (c *Client) authorize(ctx context.Context, r *http.Request, body []byte) error {
	token, ok := ctx.Value(tokenKey{}).(*oauth2.Token)
	if !ok {
		return nil
	}
	timestamp := c.stamps.next()
	r.Header.Set("apim-accesstoken", token.AccessToken)
	r.Header.Set("apim-timestamp", timestamp)
	r.Header.Set("apim-signature", Signature(token.AccessToken, r.URL.Query(), body, timestamp, c.secretKey))
	return nil
}
