# The organization and the access key of the application.
terraform import appaccess_enos_app_data_authorization.portal o15000000000001/66666666-7777-8888-9999-000000000000
