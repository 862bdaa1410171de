// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/probe"
)

const (
	tokenPath  = "/apim-token-service/v2.0/token/"
	portalPath = "/app-portal-service/v2.3/app/"
	// maxTokens is how many tokens one call may take.
	maxTokens = 3
	// spare is how many calls of a quota are left to others.
	spare = 10
	grace = 2 * time.Second
)

// answer is what came, as it came.
type answer struct {
	probe.Exchange
	fields map[string]json.RawMessage
}

// String is how an answer is spoken of.
func (a answer) String() string {
	return strings.Join(strings.Fields(strconv.Itoa(a.Status)+" "+a.text("code")+" "+a.text("status")), " ")
}

// text is a field as text, "" when it is left out.
func (a answer) text(key string) string { return strings.Trim(string(a.fields[key]), `"`) }

// has tells whether a field is there and says something.
func (a answer) has(key string) bool {
	raw, ok := a.fields[key]
	return ok && string(raw) != "null"
}

// failed tells whether the service refused. Data is a success whatever the codes say, and without
// data the code counts.
func (a answer) failed() bool {
	return a.Status != http.StatusOK || !a.has("data") && a.text("code") != "0"
}

// expired is the position of an answer that refuses a token, "" for others.
func (a answer) expired() string {
	switch {
	case a.text("apim_status") == "4011":
		return "apim_4011"
	case a.text("apim_status") == "4012":
		return "apim_4012"
	case a.text("code") == "1203":
		return "code_1203"
	case a.text("status") == "1203" && a.Status == http.StatusUnauthorized:
		return "http_401"
	case a.text("status") == "1203":
		return "status_1203"
	}
	return ""
}

// listing is the list of an answer as it came: present tells that there is one, whole that all of
// it can be read.
func (a answer) listing() (list []string, present, whole bool) {
	var data map[string]json.RawMessage
	if json.Unmarshal(a.fields["data"], &data) != nil || data == nil {
		return nil, false, false
	}
	raw, present := data["dataAuthorizeType"]
	var elements []*string
	if !present || json.Unmarshal(raw, &elements) != nil {
		return nil, present, false
	}
	whole = true
	for _, element := range elements {
		if element == nil {
			whole = false
			continue
		}
		list = append(list, *element)
	}
	return list, true, whole
}

// types is the list sorted, in capitals and without duplicates.
func (a answer) types() (types []string, whole bool) {
	list, _, whole := a.listing()
	for _, name := range list {
		types = append(types, strings.ToUpper(name))
	}
	slices.Sort(types)
	return slices.Compact(types), whole
}

// send sends a request and returns the answer, whatever it says. An error is that there was none.
func (s *subject) send(ctx context.Context, r rest.Request) (answer, error) {
	r.Operation = r.Path
	if r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header.Set("Content-Type", "application/json;charset=UTF-8")
	err := s.client.Send(ctx, r)
	if e, ok := errors.AsType[*rest.Error](err); err != nil && (!ok || e.Status == 0) {
		s.unsure = s.unsure || r.Kind == rest.Write
		return answer{}, err
	}
	a := answer{Exchange: s.env.Wire.Last()}
	_ = json.Unmarshal(a.Body, &a.fields) // what is no JSON has no fields
	return a, nil
}

// tokenCall asks the token service: "get" or "refresh".
func (s *subject) tokenCall(ctx context.Context, call, accessKey string, more map[string]any) (answer, error) {
	timestamp := s.timestamp(0)
	body := map[string]any{"appKey": accessKey, "encryption": s.client.Encryption(timestamp), "timestamp": json.Number(timestamp)}
	for key, value := range more {
		body[key] = value
	}
	return s.send(ctx, rest.Request{Method: http.MethodPost, Path: tokenPath + call, Kind: rest.Login, Body: body})
}

// timestamp is a time in milliseconds, never the same twice.
func (s *subject) timestamp(off time.Duration) string {
	s.stamp = max(s.stamp+1, s.env.Now().UnixMilli())
	return strconv.FormatInt(s.stamp+off.Milliseconds(), 10)
}

type tokenData struct {
	AccessToken string `json:"accessToken"`
	Expire      int    `json:"expire"`
}

func (a answer) token() (data tokenData) {
	_ = json.Unmarshal(a.fields["data"], &data)
	return data
}

// renew gets a token.
func (s *subject) renew(ctx context.Context) error {
	a, err := s.tokenCall(ctx, "get", s.client.AccessKey(), nil)
	if err != nil {
		return err
	}
	if s.token, s.used = a.token().AccessToken, 0; s.token == "" {
		return fmt.Errorf("the service gives no token: %s", a)
	}
	return nil
}

// call sends a signed request. When its token is refused it takes another.
func (s *subject) call(ctx context.Context, r rest.Request) (a answer, err error) {
	for range maxTokens {
		if a, err = s.signed(ctx, r, s.timestamp(0)); err != nil || a.expired() == "" {
			return a, err
		}
		if err := s.renew(ctx); err != nil {
			return a, err
		}
	}
	return a, fmt.Errorf("the service refuses each new token: %s", a)
}

// signed sends a request that is signed with the token at a time.
func (s *subject) signed(ctx context.Context, r rest.Request, timestamp string) (answer, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = json.Marshal(r.Body); err != nil {
			return answer{}, err
		}
		r.Body = body
	}
	r.Header = http.Header{
		"Apim-Accesstoken": {s.token}, "Apim-Timestamp": {timestamp}, "Apim-Signature": {s.client.Sign(s.token, r.Query, body, timestamp)},
	}
	a, err := s.send(ctx, r)
	if err != nil {
		return a, err
	}
	if refused := a.expired(); refused != "" {
		s.refused, s.lives = refused, append(s.lives, s.used)
	}
	s.used++
	s.most = max(s.most, s.used)
	if left, err := strconv.Atoi(a.Header.Get("X-RateLimit-Remaining-Minute")); err == nil && left < spare {
		return a, s.env.Wait(ctx, time.Minute)
	}
	return a, nil
}

// info reads the list of an application, app what is said of one.
func (s *subject) info(ctx context.Context, app string) (answer, error) {
	return s.call(ctx, s.infoRequest(app))
}

func (s *subject) infoRequest(app string) rest.Request {
	return rest.Request{Path: portalPath + "authorization/info", Query: url.Values{"orgId": {s.targets.org}, "appId": {app}}}
}

func (s *subject) appGet(ctx context.Context, app string) (answer, error) {
	return s.call(ctx, rest.Request{Path: portalPath + "get", Query: url.Values{"orgId": {s.targets.org}, "appId": {app}}})
}

// set replaces the list of an application, after noting what has to be put back.
func (s *subject) set(ctx context.Context, app string, types []string) (answer, error) {
	s.dirty = s.dirty || app == s.targets.app
	return s.call(ctx, rest.Request{
		Method: http.MethodPost, Path: portalPath + "authorization/set", Query: url.Values{"orgId": {s.targets.org}},
		Body: map[string]any{"appId": app, "dataAuthorizeType": append([]string{}, types...)}, Kind: rest.Write, Repeat: rest.RepeatUnsent, Grace: grace,
	})
}
