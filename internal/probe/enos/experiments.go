// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/probe"
)

const (
	// off is more than any clock may be off.
	off = time.Hour
	// sameReads is how often a list of as many as some has to come as it was set.
	sameReads = 6
)

// some are types of the documented ones, in no order.
var some = []string{"USER_OP", "ASSET", "USER", "ROLE"}

// reads answers what reading tells.
func (s *subject) reads(ctx context.Context, answers *probe.Answers) error {
	a, err := s.info(ctx, s.targets.app)
	if err != nil {
		return err
	}
	s.envelope(answers, a)
	list, present, whole := a.listing()
	switch {
	case !a.has("data"):
		answers.Is("info_data", "missing", "a reading has no data")
	case !present:
		answers.Is("info_data", "empty", "the data of a reading has no list")
	case !whole:
		answers.Is("info_data", "null_among", "a list has null among its types")
	default:
		answers.Is("info_data", "list", "a reading has a list of types")
	}
	if !whole || len(list) == 0 {
		for _, question := range []string{"duplicates", "listed_case"} {
			answers.CannotTell(question, "no whole list was read")
		}
	} else {
		distinct := slices.Compact(slices.Sorted(slices.Values(list)))
		answers.Either(len(distinct) == len(list), "duplicates", "none", "twice", "%d types are listed, %d of them different", len(list), len(distinct))
		answers.Either(list[0] == strings.ToLower(list[0]), "listed_case", "lower", "stored", "a type is listed as it was sent or in small letters")
	}
	if a, err = s.appGet(ctx, s.nobody); err != nil {
		return err
	}
	if !a.failed() {
		return errors.New("the service knows an application that does not exist")
	}
	answers.Either(a.Status == http.StatusOK, "business_status", "200", "4xx", "an application that does not exist: %s", a)
	_, given := a.fields["data"]
	answers.Either(given, "failure_data", "null", "absent", "a failure has the key data: %t", given)
	return nil
}

// envelope tells what is around the data of a success.
func (s *subject) envelope(answers *probe.Answers, a answer) {
	code, status := a.text("code"), a.text("status")
	seen := fmt.Sprintf("code is %s, status %q, in an answer with what was asked for", a.fields["code"], status)
	switch {
	case status == "" && code == "0":
		answers.Is("envelope", "code", "%s", seen)
	case status == "0" && code == "0":
		answers.Is("envelope", "both", "%s", seen)
	case code == "0":
		answers.Is("envelope", "status_fails", "%s", seen)
	case status == "0":
		answers.Is("envelope", "code_fails", "%s", seen)
	default:
		answers.Other("envelope", "%s", seen)
	}
	answers.Either(strings.HasPrefix(string(a.fields["code"]), `"`), "code_type", "string", "number", "code is %s", a.fields["code"])
	_, id := a.fields["requestId"]
	answers.Either(id, "request_id", "sent", "absent", "an answer has the key requestId: %t", id)
	switch message := a.text("message"); {
	case code != "0":
		answers.CannotTell("success_message", "the message is that of a failure")
	case message == "":
		answers.Is("success_message", "empty", "a success has no message")
	default:
		answers.Is("success_message", "ok", "a success has a message")
	}
}

// signatures reads with an old time, and twice with one signature.
func (s *subject) signatures(ctx context.Context, answers *probe.Answers) error {
	for _, question := range []string{"skew", "replay"} {
		var a answer
		for range maxTokens {
			var err error
			a = answer{}
			stamp := s.timestamp(0)
			if question == "skew" {
				stamp = s.timestamp(-off)
			} else if a, err = s.signed(ctx, s.infoRequest(s.targets.app), stamp); err != nil {
				return err
			}
			if a.expired() == "" {
				a, err = s.signed(ctx, s.infoRequest(s.targets.app), stamp)
			}
			if err != nil {
				return err
			}
			if a.expired() == "" {
				break
			}
			if err := s.renew(ctx); err != nil {
				return err
			}
		}
		good, bad := "ignored", "checked"
		if question == "replay" {
			good, bad = "accepted", "rejected"
		}
		switch {
		case a.expired() != "":
			answers.CannotTell(question, "the token did not last for it")
		case a.Status == http.StatusUnauthorized:
			answers.Is(question, bad, "the call was refused: %s", a)
		default:
			answers.Is(question, good, "the call was taken: %s", a)
		}
	}
	return nil
}

// lists gives the scratch application several types, a wrong one, and none.
func (s *subject) lists(ctx context.Context, answers *probe.Answers) error {
	sent := some
	wanted := slices.Sorted(slices.Values(sent))
	if slices.Equal(wanted, s.before) {
		sent, wanted = some[:3], slices.Sorted(slices.Values(some[:3]))
	}
	a, err := s.set(ctx, s.targets.app, sent)
	if err != nil {
		return err
	}
	if a.failed() {
		return fmt.Errorf("the service refuses a set: %s", a)
	}
	position, types, err := s.settle(ctx, wanted)
	if err != nil {
		return err
	}
	done, changed := a.text("data") == "true", slices.Equal(types, wanted)
	switch seen := fmt.Sprintf("data is %s, and the list changed: %t", a.fields["data"], changed); {
	case done:
		answers.Is("set_data", "true", "%s", seen)
	case changed:
		answers.Is("set_data", "false_applied", "%s", seen)
	default:
		answers.Is("set_data", "false", "%s", seen)
	}
	if !changed {
		return errors.New("a set does not change the list")
	}
	answers.Is("settling", position, "the new list was listed %s", map[string]string{
		"none": "at once", "once": "when it was read again", "three_times": "after a few readings", "second": "after a second", "minute": "after a minute",
	}[position])
	stored := true
	for range sameReads {
		if a, err = s.info(ctx, s.targets.app); err != nil {
			return err
		}
		list, _, _ := a.listing()
		stored = stored && slices.EqualFunc(list[:min(len(sent), len(list))], sent, strings.EqualFold)
	}
	answers.Either(stored, "order", "stored", "shuffled", "in %d readings the types came in the order in which they were set: %t", sameReads, stored)

	if a, err = s.set(ctx, s.targets.app, []string{strings.ToLower(some[1])}); err != nil {
		return err
	}
	answers.Either(a.failed(), "case", "exact", "insensitive", "a type in small letters: %s", a)

	if a, err = s.set(ctx, s.targets.app, nil); err != nil {
		return err
	}
	if types, err = s.await(ctx, nil); err != nil || a.failed() || len(types) > 0 {
		return errors.Join(errors.New("a set without types does not empty the list"), err)
	}
	if a, err = s.info(ctx, s.targets.app); err != nil {
		return err
	}
	list, present, _ := a.listing()
	switch {
	case !present:
		answers.Is("empty_list", "absent", "the list is left out")
	case list == nil && strings.Contains(string(a.fields["data"]), "null"):
		answers.Is("empty_list", "null", "the list is null")
	default:
		answers.Is("empty_list", "array", "the list is an empty array")
	}
	return nil
}

// ownList sets the list of the calling application to what it is.
func (s *subject) ownList(ctx context.Context, answers *probe.Answers) error {
	a, err := s.info(ctx, s.client.AccessKey())
	if err != nil {
		return err
	}
	types, whole := a.types()
	if a.failed() || !whole {
		answers.CannotTell("own_list", "the list of the calling application can't be read: %s", a)
		return nil
	}
	if a, err = s.set(ctx, s.client.AccessKey(), types); err != nil {
		return err
	}
	answers.Either(a.failed(), "own_list", "refused", "allowed", "%s", a)
	return nil
}

// refresh refreshes the token, and uses the old one.
func (s *subject) refresh(ctx context.Context, answers *probe.Answers) error {
	if err := s.renew(ctx); err != nil {
		return err
	}
	old := s.token
	a, err := s.tokenCall(ctx, "refresh", s.client.AccessKey(), map[string]any{"accessToken": old})
	if err != nil {
		return err
	}
	fresh := a.token().AccessToken
	if fresh == "" {
		return fmt.Errorf("the refresh is refused: %s", a)
	}
	lives := s.lives
	a, err = s.signed(ctx, s.infoRequest(s.targets.app), s.timestamp(0))
	s.lives = lives
	if err != nil {
		return err
	}
	s.token, s.used = fresh, 0
	if a.expired() == "" {
		answers.Is("refreshed_token", "lives", "a call with the token that was refreshed: %s", a)
		return nil
	}
	answers.Is("refreshed_token", "dies", "a call with the token that was refreshed: %s", a)
	if a, err = s.tokenCall(ctx, "refresh", s.client.AccessKey(), map[string]any{"accessToken": old}); err != nil {
		return err
	}
	answers.Pick("refresh_expired", a.text("status")+a.text("code"), nil, "the refresh of a dead token: %s", a)
	return nil
}

// tokens asks for the token twice, and for one with a key that nobody has.
func (s *subject) tokens(ctx context.Context, answers *probe.Answers) error {
	var both [2]tokenData
	for i := range both {
		a, err := s.tokenCall(ctx, "get", s.client.AccessKey(), nil)
		if err != nil {
			return err
		}
		both[i] = a.token()
		key := "status"
		if _, ok := a.fields["status"]; !ok {
			key = "code"
		}
		answers.Is("token_envelope", key, "the code of the token service is in %s", key)
		if i == 0 {
			if err := s.env.Wait(ctx, 2*time.Second); err != nil {
				return err
			}
		}
	}
	if both[0].AccessToken != both[1].AccessToken {
		answers.CannotTell("expire", "the service gave another token")
	} else {
		answers.Either(both[1].Expire < both[0].Expire, "expire", "remaining", "full", "expire is %d, and %d two seconds later", both[0].Expire, both[1].Expire)
	}
	a, err := s.tokenCall(ctx, "get", s.nobody, nil)
	if err != nil {
		return err
	}
	answers.Pick("token_error_status", strconv.Itoa(a.Status), nil, "an access key that nobody has: %s", a)
	return nil
}

// seen answers what the whole run has shown.
func (s *subject) seen(answers *probe.Answers) {
	switch n := len(s.lives); {
	case n == 0:
		answers.CannotTell("token_calls", "no token died in the run; one was good for %d calls", s.most)
	case n > 1 && s.lives[n-1] == s.lives[n-2] && s.lives[n-1] > 0:
		answers.Is("token_calls", strconv.Itoa(s.lives[n-1]), "two tokens in a row were good for that many calls")
	default:
		answers.CannotTell("token_calls", "tokens were good for different numbers of calls: %v", s.lives)
	}
	if s.refused != "" {
		answers.Is("expired_token", s.refused, "so a dead token was refused")
	} else {
		answers.CannotTell("expired_token", "no token died in the run")
	}
	if !answers.Answered("refresh_expired") {
		answers.CannotTell("refresh_expired", "no token died that could be refreshed")
	}
	answers.CannotTell("missing_key", "the vendor's page demands a list, and the run sends nothing else")
	answers.CannotTell("gateway_grant", "it takes an application without one")
	s.env.Wire.Throttling(answers, "sent", "absent")
	s.env.Wire.Refusals(answers, "code", "status", "apim_status")
	limit := ""
	for _, e := range s.env.Wire.All() {
		limit = max(limit, e.Header.Get("X-RateLimit-Limit-Minute"))
	}
	if limit == "" {
		answers.CannotTell("rate_limit", "no header tells of one, and the run uses up no quota")
	} else {
		answers.Pick("rate_limit", limit, nil, "X-RateLimit-Limit-Minute is %s", limit)
	}
}
