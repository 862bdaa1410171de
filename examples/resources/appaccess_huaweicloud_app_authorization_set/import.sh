# One application, or several: the accounts that all of them have in common are imported.
terraform import appaccess_huaweicloud_app_authorization_set.cad 3f791197-d166-4c8e-81e4-38c40ffc1989,62f48b59-3e1c-4b0a-8a3c-52c3f1f4a7d0
