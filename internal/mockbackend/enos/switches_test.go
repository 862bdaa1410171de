// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// Every position can be set by name, the first is the one of the zero value, and each switch says
// what it is about.
func TestSwitchesAreDescribed(t *testing.T) {
	t.Parallel()
	described := wire.DescribeSwitches(Switches{})
	if len(described) == 0 {
		t.Fatal("no switches")
	}
	for _, s := range described {
		if s.Doc == "" || len(s.Positions) < 2 || s.Value != s.Positions[0] {
			t.Errorf("switch %s: positions %q, value %q, doc %q", s.Name, s.Positions, s.Value, s.Doc)
		}
		for _, position := range s.Positions {
			if position == "n" { // any number
				position = "7"
			}
			var switches Switches
			if err := wire.SetSwitch(&switches, s.Name, position); err != nil {
				t.Error(err)
			}
		}
	}
	// The constants are positions of their switches.
	var switches Switches
	for name, positions := range map[string][]string{
		"expire": {ExpireRemaining, ExpireFull}, "token_error_status": {StatusOK, StatusUnauthorized}, "token_envelope": {EnvelopeStatus, EnvelopeCode},
		"refresh_expired": {RefreshFailed, RefreshTooLate}, "refreshed_token": {TokenLives, TokenDies},
		"expired_token": {ExpiredStatus, ExpiredUnauthorized, ExpiredCode, ExpiredShort, ExpiredRefresh},
		"empty_list":    {EmptyArray, EmptyNull, EmptyAbsent}, "order": {OrderShuffled, OrderStored},
		"duplicates": {DuplicatesNone, DuplicatesTwice}, "case": {CaseExact, CaseInsensitive}, "listed_case": {ListedAsStored, ListedLower},
		"set_data": {SetDataTrue, SetDataFalse, SetDataFalseApplied}, "missing_key": {MissingClears, MissingRefused, MissingUnchanged},
		"settling":  {SettlingNone, SettlingOnce, SettlingThreeTimes, SettlingSecond, SettlingMinute},
		"code_type": {CodeNumber, CodeString}, "business_status": {StatusOK, StatusMatching}, "success_message": {MessageOK, MessageEmpty},
		"failure_data": {FailureNull, FailureAbsent}, "request_id": {RequestIDAbsent, RequestIDSent}, "skew": {Ignored, Checked},
		"replay": {Accepted, Rejected}, "own_list": {OwnAllowed, OwnRefused}, "rate_limit": {RateUnlimited, Rate60, Rate600},
		"retry_after": {RetryAfterSent, RetryAfterAbsent}, "info_data": {InfoDataList, InfoDataMissing, InfoDataEmpty, InfoDataNullAmong},
		"envelope": {EnvelopeCodeOnly, EnvelopeBoth, EnvelopeStatusFails, EnvelopeCodeFails},
	} {
		for _, position := range positions {
			if err := wire.SetSwitch(&switches, name, position); err != nil {
				t.Error(err)
			}
		}
	}
}
