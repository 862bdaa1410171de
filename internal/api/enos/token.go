// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

const (
	// tokenTries bounds how often a token is asked for when another process was quicker in the same
	// millisecond.
	tokenTries = 4
	// maxTokenLife is the longest life of a token that is believed.
	maxTokenLife = 365 * 24 * time.Hour
)

type tokenRequest struct {
	AppKey     string      `json:"appKey"`
	Encryption string      `json:"encryption"`
	Timestamp  json.Number `json:"timestamp"`
}

// getToken gets the access token (vendor page "Get Access Token"). The token belongs to the access
// key: every process that uses the key gets the same one until it ends. So it may end at any time,
// whatever "expire" says, and it is never refreshed, which might end it for the others.
func (c *Client) getToken(ctx context.Context) (*oauth2.Token, error) {
	for try := 1; ; try++ {
		token, err := c.askToken(ctx)
		if try == tokenTries || codeOf(err) != codeRepeated {
			return token, err
		}
		// Another process of the same key asked in the same millisecond.
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(time.Duration(1+rand.IntN(50)) * time.Millisecond):
		}
	}
}

func (c *Client) askToken(ctx context.Context) (*oauth2.Token, error) {
	var data struct {
		AccessToken string      `json:"accessToken"`
		Expire      rest.Number `json:"expire"`
	}
	err := c.rest.Do(ctx, rest.Request{
		Operation: "GetAccessToken",
		Method:    http.MethodPost,
		Path:      "/apim-token-service/v2.0/token/get",
		Kind:      rest.Login,
		BodyFunc: func() ([]byte, error) {
			timestamp := c.stamps.next()
			return json.Marshal(tokenRequest{
				AppKey:     c.accessKey,
				Encryption: Encryption(c.accessKey, timestamp, c.secretKey),
				Timestamp:  json.Number(timestamp),
			})
		},
		Header: contentType,
		Decode: decode(&data),
	})
	if err != nil {
		return nil, c.credited(err)
	}
	if data.AccessToken == "" {
		return nil, fmt.Errorf("%s: GetAccessToken: the service answered without an access token", serviceName)
	}
	token := &oauth2.Token{AccessToken: data.AccessToken}
	if life, ok := data.Expire.Int(); ok && life > 0 {
		token.Expiry = time.Now().Add(min(time.Duration(min(life, int64(maxTokenLife/time.Second)))*time.Second, maxTokenLife))
	}
	return token, nil
}

// credited adds to the failure of a login where the keys come from.
func (c *Client) credited(err error) error {
	e, ok := errors.AsType[*rest.Error](err)
	if !ok || c.from == "" {
		return err
	}
	other := *e
	other.Hint = strings.TrimSpace("The keys are " + c.from + ". " + e.Hint)
	return &other
}

var contentType = http.Header{"Content-Type": {"application/json;charset=UTF-8"}}
