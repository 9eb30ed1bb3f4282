"""From documents to a fine-tuned, calibrated, exported model."""

from __future__ import annotations

from trending.features.documents import DocumentSet
from trending.features.encoders import encoder_folder
from trending.models.bert_model import BertModel
from trending.progress import Report, silent
from trending.settings import Settings
from trending.training.bert.export import export_network
from trending.training.bert.trainer import prepare, train_network
from trending.training.bert.watch import watching
from trending.training.ray_train import on_workers
from trending.training.run import TrainingRun


def fit_bert(
    documents: DocumentSet, settings: Settings, run: TrainingRun, *, report: Report = silent
) -> BertModel:
    """Fine-tune the encoder on the training titles, keep the epoch that validation likes best, export it."""
    chosen = settings.train
    prepared = prepare(documents, chosen)
    workers = on_workers(chosen.bert.num_workers, chosen.bert.device)
    message = f"Fine-tuning {workers}, {chosen.bert.epochs} epochs at the most"
    with watching(run.folder, message, report):
        trained = train_network(prepared, chosen, run.folder, mlflow_run=(settings.mlflow_uri, run.run_id))
    return export_network(
        trained.network,
        tokenizer_of=encoder_folder(chosen.bert.model),
        folder=run.folder / "export",
        documents=documents,
        settings=chosen,
        report=report,
    )
