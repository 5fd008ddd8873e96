//! The list of cases, one case, its past, and what its contract lets people choose.

use lossbook_core::app::{AppError, Device};
use lossbook_core::domain::Role;
use lossbook_core::record::Section;

use crate::error::LossbookError;
use crate::lossbook::Lossbook;
use crate::view::{
    self, CasePage, CaseQuery, CaseScreen, ContractForm, ContractView, Names, NewsView,
    SectionForm, TimelinePage,
};

#[uniffi::export]
impl Lossbook {
    /// One page of the list, newest first, without opening a case.
    ///
    /// # Errors
    /// `InvalidInput` (`bad_page`), `NotFound` (`unknown_scope`).
    pub fn cases(&self, query: CaseQuery) -> Result<CasePage, LossbookError> {
        let offset = view::offset(query.after.as_ref())?;
        self.home.read(|device| view::page(device, &query, offset))
    }

    /// Everything that the screen of one case shows, named by its id or number.
    ///
    /// # Errors
    /// `NotFound` (`unknown_case`).
    pub fn case_screen(&self, case: &str) -> Result<CaseScreen, LossbookError> {
        self.home.read(|device| view::screen(device, case))
    }

    /// One page of everything that happened to a case, newest first. `after` is the `next` of the
    /// page before.
    ///
    /// # Errors
    /// `NotFound` (`unknown_case`), `InvalidInput` (`bad_page`).
    pub fn timeline(
        &self,
        case: &str,
        after: Option<String>,
        limit: u32,
    ) -> Result<TimelinePage, LossbookError> {
        let offset = view::offset(after.as_ref())?;
        self.home
            .read(|device| view::timeline(device, case, (offset, limit)))
    }

    /// What changed since the signed-in person last asked; asking again starts from here.
    ///
    /// # Errors
    /// `NotFound` (`unknown_case`).
    pub fn news(&self, case: &str) -> Result<NewsView, LossbookError> {
        self.home.write(|device| view::news(device, case))
    }

    /// Sections and fields with their labels, choices, and whether the signed-in person may write
    /// them; for a new report without a case.
    ///
    /// # Errors
    /// `NotFound` (`unknown_case`).
    pub fn form(&self, case: Option<String>) -> Result<Vec<SectionForm>, LossbookError> {
        self.home.read(|device| form(device, case.as_deref()))
    }

    /// The rule packs that are here or should be.
    ///
    /// # Errors
    /// As the store fails.
    pub fn contracts(&self) -> Result<Vec<ContractView>, LossbookError> {
        self.home.read(|device| {
            let packs = device.packs()?;
            let held = device.held_packs()?;
            Ok(held
                .iter()
                .map(|pack| view::contract_view(pack, &packs))
                .collect())
        })
    }

    /// What a contract lets people choose, and the photos and papers that it asks for.
    ///
    /// # Errors
    /// `NotFound` (`unknown_contract`).
    pub fn contract(&self, id: &str) -> Result<ContractForm, LossbookError> {
        self.home.read(|device| {
            let packs = device.packs()?;
            let found = packs.all().iter().rev().find(|pack| pack.id == id);
            let pack = found.ok_or_else(|| AppError::UnknownContract(id.to_owned()))?;
            Ok(view::contract_form(pack))
        })
    }
}

fn form(device: &Device, case: Option<&str>) -> Result<Vec<SectionForm>, AppError> {
    let contract = match case {
        None => None,
        Some(case) => {
            let record = device.case(case)?.standing.record;
            record.section(Section::Report).text("contract")
        }
    };
    let names = Names::of(&*device.packs()?, contract.as_deref());
    let people = device.people()?;
    let signed_in = people.into_iter().find(|person| person.is_signed_in);
    let roles: Vec<Role> = signed_in.map_or_else(Vec::new, |person| person.roles);
    Ok(view::forms(&roles, &names))
}
