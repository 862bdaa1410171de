# Every account that any of the applications has is imported, so that the first plan shows who will be revoked.
terraform import appaccess_huaweicloud_app_authorizations_exclusive.payroll 9d2b6c1e-0a57-4f5e-8f0e-6f1d9f0f4c22
