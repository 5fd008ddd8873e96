//! What an operator's command asks of the hub.

use lossbook_hub::admin::{Command as Order, IntegrationOrder};

use super::{Command, IntegrationCommand, ReferenceCommand, UserCommand, reference_file};
use crate::failure::Failure;

/// The order that a command gives.
pub(super) fn of(command: &Command) -> Result<Order, Failure> {
    Ok(match command {
        Command::Invite {
            role,
            scope,
            user,
            url,
        } => Order::Invite {
            url: url.clone(),
            role: role.clone(),
            scope: scope.clone(),
            user: user.clone(),
        },
        Command::Scope { name } => Order::AddScope { name: name.clone() },
        Command::User {
            command:
                UserCommand::Add {
                    name,
                    roles,
                    scopes,
                    console,
                },
        } => Order::AddUser {
            name: name.clone(),
            roles: roles.clone(),
            scopes: scopes.clone(),
            way_in: console.then(|| "console".to_owned()),
        },
        Command::Desk => Order::RebuildDesk,
        Command::Devices => Order::ListDevices,
        Command::Revoke { device, mode } => {
            let (device, mode) = (device.clone(), mode.clone());
            Order::Revoke { device, mode }
        }
        Command::Scopes { .. } => scopes_order(command)?,
        Command::Reference { command } => reference_order(command)?,
        Command::Integration { command } => integration_order(command),
        Command::Quarantine { export } => Order::Quarantine {
            export: export.clone(),
        },
        Command::Link => Order::Link,
        Command::Retention => Order::ListRetention,
        Command::Status => Order::Status,
        Command::Serve { .. }
        | Command::Pack { .. }
        | Command::File(_)
        | Command::Export(_)
        | Command::Import { .. }
        | Command::AgeIdentity { .. }
        | Command::Openapi
        | Command::Care(_) => {
            return Err(Failure::bug("order", "not a command that is an order"));
        }
    })
}

fn integration_order(command: &IntegrationCommand) -> Order {
    let order = match command {
        IntegrationCommand::Add {
            name,
            roles,
            scopes,
        } => IntegrationOrder::Add {
            name: name.clone(),
            roles: roles.clone(),
            scopes: scopes.clone(),
        },
        IntegrationCommand::List => IntegrationOrder::List,
        IntegrationCommand::End { name } => IntegrationOrder::End { name: name.clone() },
    };
    Order::Integration { order }
}

fn scopes_order(command: &Command) -> Result<Order, Failure> {
    let Command::Scopes {
        device,
        user,
        add,
        remove,
        mode,
    } = command
    else {
        return Err(Failure::bug("order", "not a command about scopes"));
    };
    Ok(Order::ChangeScopes {
        device: device.clone(),
        user: user.clone(),
        add: add.clone(),
        remove: remove.clone(),
        mode: mode.clone(),
    })
}

fn reference_order(command: &ReferenceCommand) -> Result<Order, Failure> {
    Ok(match command {
        ReferenceCommand::Put { table, file, scope } => Order::PutReference {
            table: table.clone(),
            scope: scope.clone(),
            rows: reference_file::read(file)?,
        },
        ReferenceCommand::List => Order::ListReference,
        ReferenceCommand::Looks { of } => Order::ShowLooks { of: of.clone() },
    })
}
