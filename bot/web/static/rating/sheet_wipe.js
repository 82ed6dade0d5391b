// The round is over: what was filled in on this device and never sent is forgotten.
import { wipe } from "./sheet_draft.js";

wipe(document.getElementById("wipe").dataset.round);
